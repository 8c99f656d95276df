using System.Net;
using System.Text.Json.Nodes;
using MusicGen.Integration.Support;
using MusicGen.Programs;

namespace MusicGen.Integration.Hosting;

/// <summary>A server as a process: started with nothing configured, watched, killed, started again.</summary>
[Collection(nameof(Alone))]
public sealed class ServerProcessTests
{
    private const int Jobs = 10;
    private const double Seconds = 30;

    [Fact]
    public async Task With_nothing_configured_a_person_signs_up_and_hears_music()
    {
        await using var server = await ServerProcess.StartAsync();
        using var browser = server.NewBrowser();
        await (await browser.RegisterAsync()).MustBeAsync(HttpStatusCode.Created);

        var task = await browser.StartAsync("calm piano, 72 bpm, D minor", duration: 2.5, seed: 7);
        var events = await EventsAsync(browser, task);
        var audio = await browser.AudioAsync(task);

        Assert.Equal("completed", events[^1]);
        Assert.Equal(44 + (110250 * 4), audio.Length);
        Assert.Contains(Samples(audio), s => Math.Abs((int)s) > 1000);
        Assert.DoesNotContain(Samples(audio), s => s is short.MaxValue or short.MinValue);

        var page = await browser.GetAsync("/");
        Assert.Contains("<!doctype html>", await page.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.OrdinalIgnoreCase);
        Assert.False(page.Headers.Contains("Server"));
    }

    [Fact]
    public async Task A_second_server_on_the_same_folder_ends_with_1_and_says_so()
    {
        await using var server = await ServerProcess.StartAsync();

        var second = await server.RunAsync("serve", "--urls", $"http://127.0.0.1:{Ports.Free()}");

        Assert.Equal(1, second.ExitCode);
        Assert.Contains($"Another server owns the data folder {server.Folder}", second.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_a_failure_in_plain_words()
    {
        await using var server = await ServerProcess.StartAsync();
        var folder = Directory.CreateTempSubdirectory("musicgen-second-").FullName;

        var second = await ServerProcess.RunAsync(["serve", "--urls", server.Address.ToString()], new Dictionary<string, string> { ["ENVIRONMENT"] = "Development", ["MUSICGEN_DATA"] = folder });

        Assert.Equal(1, second.ExitCode);
        Assert.Contains("choose another by --urls", second.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", second.Error + second.Output, StringComparison.Ordinal);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Commands_work_on_the_live_state_of_a_running_server_and_alone()
    {
        await using var server = await ServerProcess.StartAsync();
        using var browser = server.NewBrowser();
        await (await browser.RegisterAsync()).MustBeAsync(HttpStatusCode.Created);

        var raised = await server.RunAsync("users", "set-tier", browser.Email, "enterprise");
        Assert.True(raised.ExitCode == 0, raised.Error);
        Assert.Equal("enterprise", (await browser.SessionAsync())["user"]!["tier"]!.GetValue<string>());
        Assert.Equal("enterprise", (await browser.GetAsync("/api/v1/quota")).Header("X-RateLimit-Tier"));

        var created = await server.RunWithInputAsync("a long enough passphrase\n", "users", "create", "--email", "op@example.org", "--username", "operator_1", "--role", "admin", "--password-stdin");
        Assert.True(created.ExitCode == 0, created.Error);
        using var operatorsBrowser = server.NewBrowser();
        await (await operatorsBrowser.LoginAsync("op@example.org", "a long enough passphrase")).MustBeAsync(HttpStatusCode.OK);

        // The command knows where the running server is reached, although it was started with a port of its own.
        var link = await server.RunAsync("users", "reset-link", "op@example.org");
        Assert.StartsWith($"{server.Address.GetLeftPart(UriPartial.Authority)}/reset-password#", link.Output, StringComparison.Ordinal);
        var tail = await server.RunAsync("audit", "tail");
        Assert.Contains("identity.create_reset_link", tail.Output, StringComparison.Ordinal);

        await server.RunAsync("users", "disable", browser.Email);
        Assert.False((await browser.SessionAsync())["authenticated"]!.GetValue<bool>());

        Assert.Equal(0, await server.StopAsync());
        var alone = await server.RunAsync("users", "list");
        Assert.True(alone.ExitCode == 0, alone.Error);
        Assert.Contains($"{browser.Email}\t{browser.Username}\tuser\tenterprise\tdisabled", alone.Output, StringComparison.Ordinal);
        Assert.Contains("op@example.org\toperator_1\tadmin\tfree\tverified", alone.Output, StringComparison.Ordinal);

        var verified = await server.RunAsync("audit", "verify");
        Assert.True(verified.ExitCode == 0, verified.Error);
        Assert.Contains("whole", verified.Output, StringComparison.Ordinal);
        var trail = await server.RunAsync("audit", "search", "--action", "identity.set_tier", "--outcome", "succeeded");
        Assert.Equal($"operator:{Environment.UserName}", JsonNode.Parse(Assert.Single(trail.Output.Trim().Split('\n')))!["actor"]!.GetValue<string>());
    }

    [Fact]
    public async Task Kill_9_in_the_middle_of_ten_jobs_loses_nothing_and_charges_nothing_twice()
    {
        await using var server = await ServerProcess.StartAsync();
        using var browser = server.NewBrowser();
        await (await browser.RegisterAsync()).MustBeAsync(HttpStatusCode.Created);
        var raised = await server.RunAsync("users", "set-tier", browser.Email, "enterprise");
        Assert.True(raised.ExitCode == 0, raised.Error);

        var finished = await browser.StartAsync("calm piano", duration: 2, seed: 5);
        Assert.Equal("completed", (await browser.WaitAsync(finished))["status"]!.GetValue<string>());
        var audio = await browser.AudioAsync(finished);
        var tasks = new List<string>();
        for (var i = 0; i < Jobs; i++)
            tasks.Add(await browser.StartAsync($"song {i}", Seconds, seed: i));
        await UntilOneRunsAsync(browser, tasks);
        await server.KillAsync();
        await server.StartAgainAsync();

        var ended = await Task.WhenAll(tasks.Select(t => browser.WaitAsync(t, TimeSpan.FromMinutes(2))));

        Assert.All(ended, t => Assert.True(
            t["status"]!.GetValue<string>() == "completed" || (t["status"]!.GetValue<string>() == "failed" && t["error"]!["message"]!.GetValue<string>().Length > 0),
            t.ToJsonString()));
        Assert.True((await browser.SessionAsync())["authenticated"]!.GetValue<bool>());
        Assert.Equal(audio, await browser.AudioAsync(finished));
        var made = ended.Count(t => t["status"]!.GetValue<string>() == "completed");
        var quota = await (await browser.GetAsync("/api/v1/quota")).JsonAsync();
        Assert.Equal(2 + (made * Seconds), quota["audio_seconds"]!["used"]!.GetValue<double>(), 3);
        Assert.Equal(1 + made, quota["windows"]!.AsArray().Single(w => w!["name"]!.GetValue<string>() == "day")!["used"]!.GetValue<double>());
    }

    private static async Task UntilOneRunsAsync(Browser browser, List<string> tasks)
    {
        for (var attempt = 0; attempt < 300; attempt++)
        {
            foreach (var task in tasks)
            {
                if ((await browser.TaskAsync(task))["status"]!.GetValue<string>() == "processing")
                    return;
            }
        }

        Assert.Fail("No task ever ran.");
    }

    private static async Task<List<string>> EventsAsync(Browser browser, string task)
    {
        using var answer = await browser.SendAsync(HttpMethod.Get, $"/api/v1/generate/{task}/events", completion: HttpCompletionOption.ResponseHeadersRead);
        await answer.MustBeAsync(HttpStatusCode.OK);
        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType?.MediaType);
        var names = new List<string>();
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        while (await reader.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            if (line.StartsWith("event:", StringComparison.Ordinal))
                names.Add(line["event:".Length..].Trim());
        }

        return names;
    }

    private static short[] Samples(byte[] wav) =>
        System.Runtime.InteropServices.MemoryMarshal.Cast<byte, short>(wav.AsSpan(44)).ToArray();
}
