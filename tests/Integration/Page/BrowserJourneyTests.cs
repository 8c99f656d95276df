using Microsoft.Playwright;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Page;

/// <summary>
/// The whole journey of a person in a real browser: sign up, ask for music, watch, play, seek, download, delete, sign
/// out and in again. Keeps the picture that the README shows.
/// </summary>
[Collection(nameof(Alone))]
public sealed class BrowserJourneyTests : IAsyncLifetime
{
    private const string Chromium = "/usr/bin/chromium";
    private const string Password = "violet teapot orbit 7";

    private readonly List<string> _complaints = [];
    private IPlaywright? _playwright;
    private IBrowser? _browser;
    private ServerProcess? _server;

    public async ValueTask InitializeAsync()
    {
        if (!File.Exists(Chromium))
            return;
        _server = await ServerProcess.StartAsync();
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Chromium,
            Args = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run", "--autoplay-policy=no-user-gesture-required"],
        });
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
            await _browser.DisposeAsync();
        _playwright?.Dispose();
        if (_server is not null)
            await _server.DisposeAsync();
    }

    [Fact]
    public async Task A_person_signs_up_makes_music_hears_it_and_comes_back()
    {
        Assert.SkipUnless(File.Exists(Chromium), "chromium is not installed");
        await using var context = await _browser!.NewContextAsync(new() { ViewportSize = new() { Width = 1280, Height = 800 }, AcceptDownloads = true });
        var page = await OpenAsync(context);

        await SignUpAsync(page, "ann@example.org", "ann");
        await GenerateAsync(page, "Calm piano with warm strings, 72 bpm, D minor", 8);
        var task = page.GetByTestId("task").First;
        await Assertions.Expect(task).ToHaveAttributeAsync("data-status", "completed", new() { Timeout = 60_000 });
        await Assertions.Expect(task).ToContainTextAsync("72 bpm");

        await task.GetByTestId("play").ClickAsync();
        await UntilAsync(page, "(document.querySelector('audio')?.currentTime ?? 0) > 0.3");
        await UntilAsync(page, "Math.abs(document.querySelector('audio').duration - 8) < 0.01");
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
        await SignInAsync(page, "ann@example.org");
        await Assertions.Expect(page.GetByTestId("task")).ToHaveCountAsync(1);
        Assert.Empty(_complaints);
    }

    [Fact]
    public async Task Mistakes_are_answered_in_words()
    {
        Assert.SkipUnless(File.Exists(Chromium), "chromium is not installed");
        await using var context = await _browser!.NewContextAsync();
        var page = await OpenAsync(context);
        await page.GetByTestId("signin-tab").ClickAsync();

        await SignInAsync(page, "nobody@example.org");

        await Assertions.Expect(page.GetByTestId("error").Filter(new() { Visible = true }).First).ToContainTextAsync("password", new() { IgnoreCase = true });
    }

    [Fact]
    public async Task A_phone_in_the_dark_shows_the_same_and_nothing_overflows()
    {
        Assert.SkipUnless(File.Exists(Chromium), "chromium is not installed");
        await using var context = await _browser!.NewContextAsync(new() { ViewportSize = new() { Width = 390, Height = 844 }, ColorScheme = ColorScheme.Dark, HasTouch = true });
        var page = await OpenAsync(context);

        await SignUpAsync(page, "eve@example.org", "eve");

        Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= window.innerWidth"));
        var background = await page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor");
        Assert.True(background.Split('(', ')')[1].Split(',').Take(3).All(c => int.Parse(c, System.Globalization.CultureInfo.InvariantCulture) < 64), background);
        Assert.Empty(_complaints);
    }

    private async Task<IPage> OpenAsync(IBrowserContext context)
    {
        var page = await context.NewPageAsync();
        // A page that breaks its own CSP or throws says so here; the browser's lines for 4xx answers are no complaint.
        page.PageError += (_, error) => _complaints.Add(error);
        page.Console += (_, message) =>
        {
            if (message.Type == "error" && !message.Text.StartsWith("Failed to load resource", StringComparison.Ordinal))
                _complaints.Add(message.Text);
        };
        await page.GotoAsync(_server!.Address.ToString());
        return page;
    }

    private static async Task SignUpAsync(IPage page, string email, string username)
    {
        await page.GetByTestId("signup-tab").ClickAsync();
        await page.GetByTestId("email").FillAsync(email);
        await page.GetByTestId("username").FillAsync(username);
        await page.GetByTestId("password").FillAsync(Password);
        await page.GetByTestId("submit-auth").ClickAsync();
        await Assertions.Expect(page.GetByTestId("prompt")).ToBeFocusedAsync(new() { Timeout = 15_000 });
    }

    private static async Task SignInAsync(IPage page, string email)
    {
        await page.GetByTestId("email").FillAsync(email);
        await page.GetByTestId("password").FillAsync(Password);
        await page.GetByTestId("submit-auth").ClickAsync();
    }

    private static async Task GenerateAsync(IPage page, string prompt, int seconds)
    {
        await page.GetByTestId("prompt").FillAsync(prompt);
        await page.GetByTestId("duration").FillAsync(seconds.ToString(System.Globalization.CultureInfo.InvariantCulture));
        await page.GetByTestId("generate").ClickAsync();
    }

    // Playwright's own waiting evaluates text inside the page, which the page's CSP forbids, as it should.
    private static async Task UntilAsync(IPage page, string condition)
    {
        for (var attempt = 0; attempt < 100; attempt++)
        {
            if (await page.EvaluateAsync<bool>(condition))
                return;
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }

        Assert.Fail($"Never came true: {condition}");
    }

    private static async Task KeepPictureAsync(IPage page)
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "pictures");
        await page.EvaluateAsync("document.activeElement.blur()");
        await page.ScreenshotAsync(new() { Path = Path.Combine(folder, "page.png") });
        Assert.True(new FileInfo(Path.Combine(folder, "page.png")).Length > 20_000);
    }
}
