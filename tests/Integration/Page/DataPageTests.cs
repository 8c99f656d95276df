using System.IO.Compression;
using System.Text.Json.Nodes;
using Microsoft.Playwright;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Page;

/// <summary>People's own data on the account's page: an archive of all of it, and the end of the account with a receipt.</summary>
[Collection(nameof(Alone))]
public sealed class DataPageTests
{
    [Fact]
    public async Task An_export_is_asked_for_watched_and_downloaded()
    {
        await using var browser = await PageBrowser.StartAsync();
        var page = await browser.SignUpAsync("collector");
        await MakeMusicAsync(page);
        await PageBrowser.OpenAccountAsync(page);

        await page.GetByTestId("export-new").ClickAsync();
        await PageBrowser.StepUpAsync(page);
        await Assertions.Expect(page.GetByTestId("export")).ToHaveAttributeAsync("data-status", "completed", new() { Timeout = 60_000 });
        await Assertions.Expect(page.GetByTestId("export")).ToContainTextAsync("kept until");
        var download = await page.RunAndWaitForDownloadAsync(() => page.GetByTestId("export-download").ClickAsync());

        Assert.EndsWith(".zip", download.SuggestedFilename, StringComparison.Ordinal);
        await using var archive = await ZipFile.OpenReadAsync((await download.PathAsync())!, TestContext.Current.CancellationToken);
        Assert.Contains(archive.Entries, e => e.FullName.EndsWith(".wav", StringComparison.Ordinal) && e.Length > 44);
        Assert.Contains(archive.Entries, e => e.FullName.EndsWith(".json", StringComparison.Ordinal));
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task A_deleted_account_leaves_a_receipt_and_nothing_else()
    {
        await using var browser = await PageBrowser.StartAsync();
        var page = await browser.SignUpAsync("parting");
        await MakeMusicAsync(page);
        await PageBrowser.OpenAccountAsync(page);

        await page.GetByTestId("delete-account").ClickAsync();
        await Assertions.Expect(page.GetByTestId("delete-dialog")).ToContainTextAsync("parting@example.org");
        await page.GetByTestId("delete-password").FillAsync("not my password at all");
        await page.GetByTestId("delete-confirm").ClickAsync();
        await Assertions.Expect(page.GetByTestId("delete-password")).ToHaveAccessibleDescriptionAsync("The password isn’t right. Try again.");

        await page.GetByTestId("delete-password").FillAsync(PageBrowser.Password);
        await page.GetByTestId("delete-confirm").ClickAsync();
        await Assertions.Expect(page.GetByTestId("receipt")).ToBeVisibleAsync(new() { Timeout = 30_000 });
        var download = await page.RunAndWaitForDownloadAsync(() => page.GetByTestId("receipt-save").ClickAsync());
        var receipt = JsonNode.Parse(await File.ReadAllTextAsync((await download.PathAsync())!, TestContext.Current.CancellationToken))!;
        Assert.Equal(1, receipt["tasks"]!.GetValue<int>());
        Assert.NotEmpty(receipt["signature"]!.GetValue<string>());

        await page.GetByTestId("receipt-done").ClickAsync();
        await Assertions.Expect(page.GetByText("Your account is deleted.")).ToBeVisibleAsync();
        Assert.False(await PageBrowser.HoldsAsync(page, "parting@example.org"));
        await PageBrowser.FillSignInAsync(page, "parting");
        await Assertions.Expect(page.Locator("#auth-error")).ToHaveAttributeAsync("data-code", "auth.invalid_credentials");
        Assert.Empty(browser.Complaints);
    }

    private static async Task MakeMusicAsync(IPage page)
    {
        await page.GetByTestId("prompt").FillAsync("A bell in the morning");
        await page.GetByTestId("duration").FillAsync("1");
        await page.GetByTestId("generate").ClickAsync();
        await Assertions.Expect(page.GetByTestId("task")).ToHaveAttributeAsync("data-status", "completed", new() { Timeout = 60_000 });
    }
}
