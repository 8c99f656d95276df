using Microsoft.Playwright;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Page;

/// <summary>
/// The whole journey of a person in a real browser: sign up, ask for music, watch, play, seek, download, delete, sign
/// out and in again. Keeps the picture that the README shows.
/// </summary>
[Collection(nameof(Alone))]
public sealed class BrowserJourneyTests
{
    [Fact]
    public async Task A_person_signs_up_makes_music_hears_it_and_comes_back()
    {
        await using var browser = await PageBrowser.StartAsync();
        var page = await browser.SignUpAsync("ann", new() { ViewportSize = new() { Width = 1280, Height = 800 } });

        await GenerateAsync(page, "Calm piano with warm strings, 72 bpm, D minor", 8);
        var task = page.GetByTestId("task").First;
        await Assertions.Expect(task).ToHaveAttributeAsync("data-status", "completed", new() { Timeout = 60_000 });
        await Assertions.Expect(task).ToContainTextAsync("72 bpm");

        await task.GetByTestId("play").ClickAsync();
        await PageBrowser.UntilAsync(page, "(document.querySelector('audio')?.currentTime ?? 0) > 0.3");
        await PageBrowser.UntilAsync(page, "Math.abs(document.querySelector('audio').duration - 8) < 0.01");
        await task.GetByTestId("seek").FocusAsync();
        var before = await task.GetByTestId("seek").GetAttributeAsync("aria-valuenow");
        await page.Keyboard.PressAsync("End");
        await Assertions.Expect(task.GetByTestId("seek")).Not.ToHaveAttributeAsync("aria-valuenow", before ?? "0");

        var download = await page.RunAndWaitForDownloadAsync(() => task.GetByTestId("download").ClickAsync());
        var bytes = await File.ReadAllBytesAsync((await download.PathAsync())!, TestContext.Current.CancellationToken);
        Assert.EndsWith(".wav", download.SuggestedFilename, StringComparison.Ordinal);
        Assert.Equal(44 + (8 * 44100 * 4), bytes.Length);

        await GenerateAsync(page, "Happy ukulele, playful", 6);
        await Assertions.Expect(page.GetByTestId("task").First).ToHaveAttributeAsync("data-status", "completed", new() { Timeout = 60_000 });
        await Assertions.Expect(page.GetByTestId("task")).ToHaveCountAsync(2);
        await Assertions.Expect(page.GetByTestId("quota")).ToContainTextAsync("48");
        await KeepPictureAsync(page);

        await page.GetByTestId("task").First.GetByTestId("delete").ClickAsync();
        await page.GetByTestId("confirm-delete").ClickAsync();
        await Assertions.Expect(page.GetByTestId("task")).ToHaveCountAsync(1);

        await page.GetByTestId("signout").ClickAsync();
        await Assertions.Expect(page.GetByTestId("submit-auth")).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByTestId("task")).ToHaveCountAsync(0);
        await PageBrowser.FillSignInAsync(page, "ann");
        await Assertions.Expect(page.GetByTestId("task")).ToHaveCountAsync(1);
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task Mistakes_are_answered_in_words()
    {
        await using var browser = await PageBrowser.StartAsync();
        var page = await browser.OpenAsync(await browser.NewContextAsync());

        await PageBrowser.FillSignInAsync(page, "nobody");

        await Assertions.Expect(page.GetByTestId("error").Filter(new() { Visible = true }).First).ToContainTextAsync("password", new() { IgnoreCase = true });
    }

    [Fact]
    public async Task A_phone_in_the_dark_shows_the_same_and_nothing_overflows()
    {
        await using var browser = await PageBrowser.StartAsync();

        var page = await browser.SignUpAsync("eve", new() { ViewportSize = new() { Width = 390, Height = 844 }, ColorScheme = ColorScheme.Dark, HasTouch = true });

        Assert.True(await PageBrowser.FitsAsync(page));
        var background = await page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor");
        Assert.True(background.Split('(', ')')[1].Split(',').Take(3).All(c => int.Parse(c, System.Globalization.CultureInfo.InvariantCulture) < 64), background);
        Assert.Empty(browser.Complaints);
    }

    private static async Task GenerateAsync(IPage page, string prompt, int seconds)
    {
        await page.GetByTestId("prompt").FillAsync(prompt);
        await page.GetByTestId("duration").FillAsync(seconds.ToString(System.Globalization.CultureInfo.InvariantCulture));
        await page.GetByTestId("generate").ClickAsync();
    }

    private static async Task KeepPictureAsync(IPage page)
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "pictures");
        await page.EvaluateAsync("document.activeElement.blur()");
        await page.ScreenshotAsync(new() { Path = Path.Combine(folder, "page.png") });
        Assert.True(new FileInfo(Path.Combine(folder, "page.png")).Length > 20_000);
    }
}
