using System.Net;
using MusicGen.Integration.Support;
using MusicGen.Programs;
using MusicGen.WebApi.CommandLine;
using MusicGen.WebApi.Configuration;
using MusicGen.WebApi.Hosting;

namespace MusicGen.Integration.Hosting;

/// <summary>Starting, and not starting, in process.</summary>
public sealed class ServerHostTests(RedisServers redis)
{
    [Fact]
    public async Task A_default_model_that_is_not_here_refuses_the_start_by_name()
    {
        var refusal = await Assert.ThrowsAsync<StartRefusedException>(() => MusicGenApp.StartAsync(("DEFAULT_MODEL", "facebook/musicgen-small")));

        Assert.StartsWith("DEFAULT_MODEL: there is no model facebook/musicgen-small", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_default_model_that_another_node_may_have_does_not()
    {
        await using var app = await MusicGenApp.StartAsync(
            ("DEFAULT_MODEL", "facebook/musicgen-small"), ("REDIS_URL", await redis.ConnectionStringAsync(RedisKind.Redis)));

        var models = await (await app.NewBrowser().GetAsync("/api/v1/models")).JsonAsync();

        Assert.Contains(models["items"]!.AsArray(), m => m!["id"]!.GetValue<string>() == "embedded-composer");
    }

    [Fact]
    public async Task Everything_works_the_same_on_a_real_Redis_and_survives_a_restart()
    {
        await using var app = await MusicGenApp.StartAsync(("REDIS_URL", await redis.ConnectionStringAsync(RedisKind.Redis)));
        var browser = await app.RegisterAsync();
        var task = await browser.StartAsync("calm piano", duration: 1);
        Assert.Equal("completed", (await browser.WaitAsync(task))["status"]!.GetValue<string>());

        await app.RestartAsync();

        Assert.True((await browser.SessionAsync())["authenticated"]!.GetValue<bool>());
        Assert.Equal(44 + (44100 * 4), (await browser.AudioAsync(task)).Length);
        Assert.False(File.Exists(Path.Combine(app.Folder, "redis.json")), "A configured Redis is not the embedded one.");
    }

    [Fact]
    public async Task A_start_waits_for_a_command_that_runs_the_embedded_Redis()
    {
        var folder = Directory.CreateTempSubdirectory("musicgen-wait-").FullName;
        var command = FolderLock.TryTake(Path.Combine(folder, "redis.lock"))!;
        var start = ServerHost.StartAsync(Variables(folder), $"http://127.0.0.1:{Ports.Free()}", CancellationToken.None);
        await Task.Delay(1000, TestContext.Current.CancellationToken);
        Assert.False(start.IsCompleted);

        await command.DisposeAsync();

        await using (var server = await start)
        {
            Assert.True(FolderLock.IsHeld(Path.Combine(folder, "redis.lock")));
            await server.App.StopAsync(TestContext.Current.CancellationToken);
        }

        Assert.False(FolderLock.IsHeld(Path.Combine(folder, "server.lock")));
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_setting_that_contradicts_another_is_told_in_plain_lines()
    {
        var folder = Directory.CreateTempSubdirectory("musicgen-options-").FullName;
        var variables = Variables(folder);
        variables["SESSION_IDLE_DAYS"] = "40";

        var refused = await Assert.ThrowsAnyAsync<Exception>(() => ServerHost.StartAsync(variables, $"http://127.0.0.1:{Ports.Free()}", CancellationToken.None));

        var line = Assert.Single(StartFailure.Describe(refused) ?? []);
        Assert.StartsWith("SESSION_", line, StringComparison.Ordinal);
        Assert.False(FolderLock.IsHeld(Path.Combine(folder, "server.lock")), "What refuses to start must let go.");
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_changed_secret_stops_the_start_with_one_line()
    {
        await using var app = await MusicGenApp.StartAsync();
        await app.RegisterAsync();
        await app.DisposeHostAsync();
        var variables = app.Variables();
        variables["JWT_SECRET_KEY"] = "another secret of more than thirty-two characters";

        var refused = await Assert.ThrowsAnyAsync<Exception>(() => ServerHost.StartAsync(variables, $"http://127.0.0.1:{Ports.Free()}", CancellationToken.None));

        Assert.StartsWith("JWT_SECRET_KEY opens none of the signing keys", Assert.Single(StartFailure.Describe(refused) ?? []), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_that_is_too_large_is_refused_in_words()
    {
        await using var app = await MusicGenApp.StartAsync();
        var browser = await app.RegisterAsync();

        var answer = await browser.PostTextAsync("/api/v1/generate", $"{{\"prompt\":\"{new string('x', 1_100_000)}\"}}");

        await answer.MustBeProblemAsync(HttpStatusCode.RequestEntityTooLarge, "request.too_large");
    }

    [Fact]
    public async Task Outside_Development_the_cookies_are_host_cookies_and_the_environment_is_the_hosts_own()
    {
        await using var app = await MusicGenApp.StartAsync(
            ("ENVIRONMENT", "production"), ("JWT_SECRET_KEY", "q7Zr1vX0mT4kB9sW2nHf8dLc6yEa3pGu"), ("PUBLIC_URL", "https://music.test"),
            ("ALLOW_EMBEDDED_REDIS", "true"), ("EMAIL_VERIFICATION", "off"));

        using var answer = await app.NewBrowser().GetAsync("/api/auth/csrf-token");

        await answer.MustBeAsync(HttpStatusCode.OK);
        Assert.StartsWith("__Host-csrf_token=", answer.Header("Set-Cookie"), StringComparison.Ordinal);
        Assert.Equal("Production", app.EnvironmentName);
        Assert.False(File.Exists(Path.Combine(app.Folder, "secrets.json")), "Only Development makes secrets.");
    }

    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, 1)]
    public async Task A_server_that_ends_though_nobody_asked_ends_with_a_failure_so_that_a_supervisor_starts_it_again(bool isAsked, int exitCode)
    {
        var folder = Directory.CreateTempSubdirectory("musicgen-end-").FullName;
        using var asked = new CancellationTokenSource();
        await using (var server = await ServerHost.StartAsync(Variables(folder), $"http://127.0.0.1:{Ports.Free()}", CancellationToken.None))
        {
            var ending = ServeCommand.UntilStoppedAsync(server, asked.Token);
            if (isAsked)
                await asked.CancelAsync();
            else
                server.App.Lifetime.StopApplication(); // as its host does when a background service breaks
            Assert.Equal(exitCode, await ending);
        }

        Directory.Delete(folder, recursive: true);
    }

    private static Dictionary<string, string> Variables(string folder) =>
        new(StringComparer.Ordinal) { ["ENVIRONMENT"] = "Development", ["MUSICGEN_DATA"] = folder, ["LOG_LEVEL"] = "Error" };
}
