using Microsoft.Playwright;
using MusicGen.Integration.Inference;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Page;

/// <summary>A piece that is heard on the page while it is made.</summary>
[Collection(nameof(Alone))]
public sealed class LivePageTests
{
    public LivePageTests() => Reference.NeedTorch();

    [Fact]
    public async Task A_piece_plays_while_it_is_made_and_goes_over_to_its_file()
    {
        using var models = new ModelFolders("stereo");
        // The slower decoder: by the kernels this small model would be done before a second of it is heard.
        await using var browser = await PageBrowser.StartAsync(("MODEL_PATH", models.Path), ("INFERENCE_DEVICE", "cpu"), ("INFERENCE_DECODER", "torch"));
        var page = await browser.SignUpAsync("ann");
        await page.GetByTestId("live").CheckAsync();
        await page.GetByTestId("prompt").FillAsync("A slow waltz for two cellos");
        await page.GetByTestId("duration").FillAsync("60");
        await page.Keyboard.PressAsync("Enter");

        var task = page.GetByTestId("task").First;
        var listen = task.GetByTestId("listen");
        await Assertions.Expect(listen).ToHaveAttributeAsync("aria-label", "Pause", new() { Timeout = 30_000 });
        await Assertions.Expect(task.GetByTestId("heard")).ToHaveTextAsync(new System.Text.RegularExpressions.Regex("^0:(0[1-9]|[1-5][0-9]) / 1:00$"), new() { Timeout = 30_000 });
        await Assertions.Expect(task).ToHaveAttributeAsync("data-status", "processing");
        await page.ScreenshotAsync(new() { Path = Path.Combine(AppContext.BaseDirectory, "pictures", "live.png") });

        await listen.FocusAsync();
        await page.Keyboard.PressAsync("Space");
        await Assertions.Expect(listen).ToHaveAttributeAsync("aria-label", "Go on listening");
        await page.Keyboard.PressAsync("Space");
        await Assertions.Expect(listen).ToHaveAttributeAsync("aria-label", "Pause");

        await Assertions.Expect(task).ToHaveAttributeAsync("data-status", "completed", new() { Timeout = 60_000 });
        await Assertions.Expect(task.GetByTestId("play")).ToHaveAttributeAsync("aria-label", "Pause");
        await PageBrowser.UntilAsync(page, "document.querySelector('audio').currentTime > 1");
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task A_piece_that_is_finished_before_anybody_could_listen_plays_from_its_file()
    {
        await using var browser = await PageBrowser.StartAsync();
        var page = await browser.SignUpAsync("bob");
        await page.GetByTestId("live").CheckAsync();
        await page.GetByTestId("prompt").FillAsync("Happy ukulele");
        await page.GetByTestId("duration").FillAsync("3");
        await page.Keyboard.PressAsync("Enter");

        await Assertions.Expect(page.GetByTestId("task").First).ToHaveAttributeAsync("data-status", "completed", new() { Timeout = 60_000 });
        await PageBrowser.UntilAsync(page, "document.querySelector('audio').currentTime > 0.3");
        Assert.Empty(browser.Complaints);
    }
}
