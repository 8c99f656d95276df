using System.Net;
using System.Text.Json.Nodes;
using MusicGen.Integration.Identity;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Hosting;

/// <summary>People's data beside a real process: what is left when it is killed, and what an operator does.</summary>
[Collection(nameof(Alone))]
public sealed class AccountDataProcessTests
{
    [Fact]
    public async Task Kill_9_loses_no_export()
    {
        await using var server = await ServerProcess.StartAsync();
        using var browser = server.NewBrowser();
        await (await browser.RegisterAsync()).MustBeAsync(HttpStatusCode.Created);
        await browser.WaitAsync(await browser.StartAsync("calm piano", duration: 30));
        await browser.StepUpAsync();
        using var accepted = await browser.PostAsync("/api/v1/account/export");
        await accepted.MustBeAsync(HttpStatusCode.Accepted);

        await server.KillAsync();
        await server.StartAgainAsync();

        var id = (await accepted.JsonAsync())["id"]!.GetValue<string>();
        Assert.Equal("completed", (await AccountDataTests.UntilEndedAsync(browser, id))["status"]!.GetValue<string>());
    }

    [Fact]
    public async Task An_operator_finds_and_deletes_a_user_checks_the_receipt_and_runs_the_retention()
    {
        await using var server = await ServerProcess.StartAsync();
        using var browser = server.NewBrowser();
        await (await browser.RegisterAsync()).MustBeAsync(HttpStatusCode.Created);

        var found = await server.RunAsync("users", "list", "--find", browser.Username[5..]);
        Assert.StartsWith(browser.Email, Assert.Single(found.Output.Trim().Split('\n')), StringComparison.Ordinal);
        var timid = await server.RunAsync("users", "delete", browser.Email);
        Assert.Equal(2, timid.ExitCode);
        Assert.Contains("Add --yes", timid.Error, StringComparison.Ordinal);

        var deleted = await server.RunAsync("users", "delete", browser.Email, "--yes");
        Assert.True(deleted.ExitCode == 0, deleted.Error);
        Assert.False((await browser.SessionAsync())["authenticated"]!.GetValue<bool>());
        Assert.Contains(Directory.GetFiles(Path.Combine(server.Folder, "mail")), f => File.ReadAllText(f).Contains("Your account was deleted", StringComparison.Ordinal));

        var genuine = await server.RunWithInputAsync(deleted.Output, "users", "verify-receipt");
        Assert.True(genuine.ExitCode == 0, genuine.Error);
        Assert.Equal("genuine", genuine.Output.Trim());
        var receipt = JsonNode.Parse(deleted.Output)!;
        receipt["audio_files"] = 7;
        var forged = await server.RunWithInputAsync(receipt.ToJsonString(), "users", "verify-receipt");
        Assert.Equal(2, forged.ExitCode);
        Assert.Contains("isn't ours", forged.Error, StringComparison.Ordinal);
        Assert.Equal(2, (await server.RunWithInputAsync("[]", "users", "verify-receipt")).ExitCode);

        var retention = await server.RunAsync("retention", "run");
        Assert.True(retention.ExitCode == 0, retention.Error);
        Assert.Contains("0 registrations", retention.Output, StringComparison.Ordinal);
        var verified = await server.RunAsync("audit", "verify");
        Assert.Contains("whole", verified.Output, StringComparison.Ordinal);
    }
}
