using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.RegularExpressions;
using MusicGen.Integration.Support;
using MusicGen.Programs;
using MusicGen.WebApi.Configuration;

namespace MusicGen.Integration.Scripts;

/// <summary>
/// The operators' checks of a running server: each holds on ours, and each has been seen to fail where one thing is wrong.
/// The faults are planted by a proxy between script and server.
/// </summary>
[Collection(nameof(Alone))]
public sealed class CheckScriptTests(CheckedServer server) : IClassFixture<CheckedServer>
{
    private const string Limits = "test_rate_limiting";
    private const string Cookies = "test_cookie_integration";
    private const string Cors = "test_cors_security";

    [Fact]
    public async Task The_limits_that_everybody_gets_hold()
    {
        // No proxy is trusted here, so that the script's own word about its address is one of a stranger.
        await using var app = await MusicGenApp.StartAsync(("TRUSTED_PROXIES", string.Empty));

        Holds(await RunAsync(Limits, [app.Address.ToString()]));
    }

    [Fact]
    public async Task The_limits_hold_behind_a_proxy_and_failed_logins_have_their_own()
    {
        await using var proxy = await SpoilingProxy.StartAsync(server.Address, Fault.None);

        var run = await RunAsync(Limits, [proxy.Address.ToString(), "--login"]);

        Holds(run);
        Assert.Contains("ok  failed logins run into a limit of their own", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public Task Each_fault_of_the_limits_is_named() =>
        EachIsNamedAsync(PlantedFault.OfLimits, (fault, at) => RunAsync(Limits, fault.Name.EndsWith("logins", StringComparison.Ordinal) ? [at, "--login"] : [at]));

    [Fact]
    public async Task Sign_in_by_cookies_holds_directly_and_behind_a_proxy()
    {
        await using var proxy = await SpoilingProxy.StartAsync(server.Address, Fault.None);

        Holds(await RunAsync(Cookies, [server.Address.ToString()], await server.RegisterAsync()));
        Holds(await RunAsync(Cookies, [proxy.Address.ToString()], await server.RegisterAsync()));
    }

    [Fact]
    public async Task Outside_Development_a_cookie_that_is_not_secure_is_named()
    {
        await using var app = await MusicGenApp.StartAsync(
            ("ENVIRONMENT", "production"), ("JWT_SECRET_KEY", "q7Zr1vX0mT4kB9sW2nHf8dLc6yEa3pGu"), ("PUBLIC_URL", "https://music.test"),
            ("ALLOW_EMBEDDED_REDIS", "true"), ("EMAIL_VERIFICATION", "off"));
        var account = await RegisterByHandAsync(app);
        await using var proxy = await SpoilingProxy.StartAsync(app.Address, PlantedFault.DropsSecure.Fault);

        Holds(await RunAsync(Cookies, [app.Address.ToString()], account));
        Fails(await RunAsync(Cookies, [proxy.Address.ToString()], account), PlantedFault.DropsSecure.Line);
    }

    [Fact]
    public Task Each_fault_of_the_cookies_is_named() =>
        EachIsNamedAsync(PlantedFault.OfCookies, async (_, at) => await RunAsync(Cookies, [at], await server.RegisterAsync()));

    [Fact]
    public async Task No_password_and_no_token_is_printed_whatever_fails()
    {
        var account = await server.RegisterAsync();
        await using var proxy = await SpoilingProxy.StartAsync(server.Address, PlantedFault.OfCookies.Single(f => f.Name == "shows a token in the body").Fault);

        var run = await RunAsync(Cookies, [proxy.Address.ToString()], account);

        Assert.DoesNotContain(account.Password, run.Output + run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("eyJ", run.Output + run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Origins_are_kept_apart_directly_and_behind_a_proxy()
    {
        await using var proxy = await SpoilingProxy.StartAsync(server.Address, Fault.None);

        Holds(await RunAsync(Cors, [server.Address.ToString()]));
        var run = await RunAsync(Cors, [proxy.Address.ToString(), "--origin", PlantedFault.Front]);
        Holds(run);
        Assert.Contains("ok  a 429 is readable to it", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public Task Each_fault_of_CORS_is_named() =>
        EachIsNamedAsync(PlantedFault.OfCors, (_, at) => RunAsync(Cors, [at, "--origin", PlantedFault.Front]));

    [Theory]
    [InlineData(Limits)]
    [InlineData(Cookies)]
    [InlineData(Cors)]
    public async Task Usage_is_told_and_bad_usage_or_nobody_there_ends_with_2(string script)
    {
        var account = new Account("ann@example.org", Browser.DefaultPassword);
        var help = await RunAsync(script, ["--help"]);
        Assert.Equal(0, help.ExitCode);
        Assert.Contains($"scripts/{script} https://music.example.org", help.Output, StringComparison.Ordinal);

        string[][] bad = [[], ["https://music.test/path"], ["https://ann:secret@music.test"], ["http://music.test"], ["http://127.0.0.1:1", "--unknown"], [$"http://127.0.0.1:{Ports.Free()}"]];
        foreach (var arguments in bad)
        {
            var refused = await RunAsync(script, arguments, account);
            Assert.Equal(2, refused.ExitCode);
            Assert.Empty(refused.Output);
            Assert.Contains($"{script}: ", refused.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Without_an_account_in_the_environment_the_cookie_check_is_bad_usage()
    {
        var refused = await RunAsync(Cookies, [server.Address.ToString()]);

        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("MUSICGEN_EMAIL and MUSICGEN_PASSWORD name no account", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_password_fails_in_one_line_and_ends_the_check()
    {
        var account = await server.RegisterAsync();

        var run = await RunAsync(Cookies, [server.Address.ToString()], account with { Password = "not \"the\" pass\\word" });

        Fails(run, "the account signs in: expected 200 with cookies, got 401 auth.invalid_credentials");
    }

    private static void Holds(ProgramRun run)
    {
        Assert.True(run.ExitCode == 0, run.Output + run.Error);
        Assert.Empty(run.Error);
        var lines = run.Output.TrimEnd('\n').Split('\n');
        Assert.All(lines[..^1], line => Assert.StartsWith("ok  ", line, StringComparison.Ordinal));
        Assert.Equal($"{lines.Length - 1} checks, 0 failed", lines[^1]);
    }

    private static void Fails(ProgramRun run, string line)
    {
        Assert.True($"\n{run.Output}".Contains($"\nFAIL {line}", StringComparison.Ordinal), $"No line is FAIL {line}:\n{run.Output}{run.Error}");
        Assert.Equal(1, run.ExitCode);
        var lines = run.Output.TrimEnd('\n').Split('\n');
        Assert.Equal($"{lines.Length - 1} checks, {lines.Count(l => l.StartsWith("FAIL ", StringComparison.Ordinal))} failed", lines[^1]);
    }

    // Three at once, each a client of its own: a script waits for most of its time.
    private Task EachIsNamedAsync(PlantedFault[] faults, Func<PlantedFault, string, Task<ProgramRun>> run) =>
        Parallel.ForEachAsync(faults, new ParallelOptions { MaxDegreeOfParallelism = 3 }, async (fault, _) =>
        {
            await using var proxy = await SpoilingProxy.StartAsync(server.Address, fault.Fault);
            Fails(await run(fault, proxy.Address.ToString()), fault.Line);
        });

    /// <summary>Without a browser's rules: none keeps Secure cookies over plain http.</summary>
    private static async Task<Account> RegisterByHandAsync(MusicGenApp app)
    {
        var ct = TestContext.Current.CancellationToken;
        using var client = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = app.Address };
        using var begun = await client.GetAsync(new Uri("/api/auth/csrf-token", UriKind.Relative), ct);
        var token = (await begun.JsonAsync())["csrfToken"]!.GetValue<string>();
        client.DefaultRequestHeaders.Add("Cookie", $"__Host-csrf_token={token}");
        client.DefaultRequestHeaders.Add("X-CSRF-Token", token);
        var account = new Account("ann@example.org", Browser.DefaultPassword);
        using var registered = await client.PostAsJsonAsync(
            new Uri("/api/auth/register", UriKind.Relative), new { email = account.Email, username = "ann", password = account.Password }, ct);
        await registered.MustBeAsync(System.Net.HttpStatusCode.Created);
        return account;
    }

    private static async Task<ProgramRun> RunAsync(string script, string[] arguments, Account? account = null)
    {
        Assert.SkipUnless(IsInstalled("bash") && IsInstalled("curl"), "bash or curl isn't on this machine.");
        var info = new ProcessStartInfo("bash", [Path.Combine(ProgramFolder.Home, "scripts", script), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        // Nothing of the machine's own, such as a proxy's variables, decides a test.
        foreach (var name in info.Environment.Keys.Where(k => k is not ("PATH" or "HOME" or "TMPDIR" or "LANG")).ToList())
            info.Environment.Remove(name);
        if (account is not null)
            (info.Environment["MUSICGEN_EMAIL"], info.Environment["MUSICGEN_PASSWORD"]) = (account.Email, account.Password);

        using var process = Process.Start(info)!;
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        timeout.CancelAfter(TimeSpan.FromMinutes(3));
        var output = process.StandardOutput.ReadToEndAsync(timeout.Token);
        var error = process.StandardError.ReadToEndAsync(timeout.Token);
        try
        {
            await process.WaitForExitAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        return new ProgramRun(process.ExitCode, await output, await error);
    }

    private static bool IsInstalled(string program) =>
        Environment.GetEnvironmentVariable("PATH")?.Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, program))) == true;
}

/// <summary>The server behind the faults: one front end of its own, and a minute wide enough for 25 failed logins beside the rest.</summary>
public sealed class CheckedServer : IAsyncLifetime
{
    private MusicGenApp _app = null!;

    public Uri Address => _app.Address;

    public async ValueTask InitializeAsync() => _app = await MusicGenApp.StartAsync(
        ("ALLOWED_ORIGINS", PlantedFault.Front), ("RATE_LIMIT_FREE_MINUTE", "300"));

    public async Task<Account> RegisterAsync()
    {
        using var browser = await _app.RegisterAsync();
        return new Account(browser.Email, browser.Password);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}

/// <summary>What a script gets to sign in by.</summary>
public sealed record Account(string Email, string Password);
