using Microsoft.Playwright;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Inference;

/// <summary>What the page offers where a checkpoint is: going on from a piece, and following its tune.</summary>
[Collection(nameof(Alone))]
public sealed class ModelPageTests
{
    public ModelPageTests() => Reference.NeedTorch();

    [Fact]
    public async Task A_piece_goes_on_in_the_next_and_lends_another_its_tune()
    {
        using var models = new ModelFolders("mono", "melody");
        await using var browser = await PageBrowser.StartAsync(("MODEL_PATH", models.Path), ("INFERENCE_DEVICE", "cpu"), ("DEFAULT_MODEL", "acme/mono"));
        var page = await browser.SignUpAsync("ann");
        await GenerateAsync(page, "A slow waltz for two cellos", 2);
        var first = page.GetByTestId("task").First;
        await Assertions.Expect(first).ToHaveAttributeAsync("data-status", "completed", new() { Timeout = 60_000 });

        await first.GetByTestId("continue_from").ClickAsync();
        await Assertions.Expect(page.GetByTestId("source")).ToContainTextAsync("Goes on from “A slow waltz for two cellos”");
        await Assertions.Expect(page.GetByTestId("duration")).ToHaveValueAsync("12");
        await page.GetByTestId("duration").FillAsync("2");
        await page.GetByTestId("generate").ClickAsync();
        await Assertions.Expect(page.Locator(".field-error").First).ToContainTextAsync("the length is the whole");
        await page.GetByTestId("duration").FillAsync("3");
        await page.GetByTestId("generate").ClickAsync();
        await Assertions.Expect(page.GetByTestId("task")).ToHaveCountAsync(2);
        await Assertions.Expect(page.GetByTestId("task").First).ToHaveAttributeAsync("data-status", "completed", new() { Timeout = 60_000 });
        await Assertions.Expect(page.GetByTestId("source")).ToBeHiddenAsync();

        await page.GetByTestId("task").First.GetByTestId("melody_from").ClickAsync();
        await Assertions.Expect(page.GetByTestId("model")).ToHaveValueAsync("acme/melody");
        await Assertions.Expect(page.GetByTestId("source")).ToContainTextAsync("Follows the tune of");
        await page.GetByTestId("source-off").ClickAsync();
        await Assertions.Expect(page.GetByTestId("source")).ToBeHiddenAsync();
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task Without_a_checkpoint_the_composer_goes_on_from_its_own_pieces_and_gives_their_notes()
    {
        await using var browser = await PageBrowser.StartAsync();
        var page = await browser.SignUpAsync("ann");
        await GenerateAsync(page, "A slow waltz for two cellos", 1);
        await Assertions.Expect(page.GetByTestId("task").First).ToHaveAttributeAsync("data-status", "completed", new() { Timeout = 60_000 });

        foreach (var (kind, extension, head) in new[] { ("midi", ".mid", "MThd"), ("stems", "-stems.zip", "PK") })
        {
            await page.GetByTestId("download-menu").ClickAsync();
            var download = await page.RunAndWaitForDownloadAsync(() => page.Locator($"[data-format={kind}]").ClickAsync());
            Assert.EndsWith(extension, download.SuggestedFilename, StringComparison.Ordinal);
            var bytes = await File.ReadAllBytesAsync((await download.PathAsync())!, TestContext.Current.CancellationToken);
            Assert.StartsWith(head, System.Text.Encoding.ASCII.GetString(bytes, 0, 4), StringComparison.Ordinal);
        }

        await page.GetByTestId("continue_from").ClickAsync();
        await page.GetByTestId("duration").FillAsync("4");
        await page.GetByTestId("generate").ClickAsync();
        await Assertions.Expect(page.GetByTestId("task")).ToHaveCountAsync(2);
        await Assertions.Expect(page.GetByTestId("task").First).ToHaveAttributeAsync("data-status", "completed", new() { Timeout = 60_000 });
        Assert.Empty(browser.Complaints);
    }

    private static async Task GenerateAsync(IPage page, string prompt, int seconds)
    {
        await page.GetByTestId("prompt").FillAsync(prompt);
        await page.GetByTestId("duration").FillAsync(seconds.ToString(System.Globalization.CultureInfo.InvariantCulture));
        await page.GetByTestId("generate").ClickAsync();
    }
}
