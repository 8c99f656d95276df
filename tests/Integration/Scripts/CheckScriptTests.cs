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
public sealed partial class CheckScriptTests(CheckedServer server) : IClassFixture<CheckedServer>
{
    private const string Front = "https://front.example.org";
    private const string Limits = "test_rate_limiting";
    private const string Cookies = "test_cookie_integration";
    private const string Cors = "test_cors_security";

    private static readonly Dictionary<string, Fault> LimitFaults = new()
    {
        ["never answers 429"] = new(Answer: a => a.Status = a.Status == 429 ? 401 : a.Status),
        ["drops Retry-After"] = new(Answer: a => a.Drop("Retry-After")),
        ["asks to come back too early"] = new(Answer: a => a.Change("Retry-After", _ => "0")),
        ["dresses 429 as a page"] = new(Answer: a =>
        {
            if (a.Status == 429)
                a.Set("Content-Type", "text/html");
        }),
        ["drops RateLimit"] = new(Answer: a => a.Drop("RateLimit")),
        ["tells two numbers"] = new(Answer: a => a.Change("X-RateLimit-Minute-Remaining", v => (Number(v) + 1).ToString(CultureInfo.InvariantCulture))),
        ["tells a wrong moment"] = new(Answer: a => a.Change("X-RateLimit-Hour-Reset", v => (Number(v) + 60).ToString(CultureInfo.InvariantCulture))),
        ["counts nothing"] = new(Answer: a =>
        {
            a.Change("X-RateLimit-Day-Remaining", _ => "4000");
            a.Change("RateLimit", v => DayLeft().Replace(v, "\"day\";r=4000"));
        }),
        ["counts probes"] = new(Request: (path, r) =>
        {
            if (path == "/health")
                r.RequestUri = new Uri("/api/v1/quota", UriKind.Relative);
        }),
        ["believes what clients say of their address"] = new(Request: (_, r) =>
        {
            if (r.Options.TryGetValue(Fault.ClaimedAddress, out var claimed) && claimed.Length > 0)
            {
                r.Headers.Remove("X-Forwarded-For");
                r.Headers.TryAddWithoutValidation("X-Forwarded-For", claimed);
            }
        }),
        ["never tires of failed logins"] = new(Answer: a =>
        {
            if (a.Status == 429 && a.Path == "/api/auth/login")
            {
                a.Status = 401;
                a.Body = a.Body.Replace("auth.too_many_attempts", "auth.invalid_credentials", StringComparison.Ordinal);
            }
        }),
    };

    private static readonly Dictionary<string, Fault> CookieFaults = new()
    {
        ["drops HttpOnly"] = new(Answer: a => a.Change("Set-Cookie", c => c.Replace("; httponly", string.Empty, StringComparison.Ordinal))),
        ["drops SameSite"] = new(Answer: a => a.Change("Set-Cookie", c => c.Replace("; samesite=strict", string.Empty, StringComparison.Ordinal))),
        ["drops Secure"] = new(Answer: a => a.Change("Set-Cookie", c => c.Replace("; secure", string.Empty, StringComparison.Ordinal))),
        ["widens the path"] = new(Answer: a => a.Change("Set-Cookie", c => c.Replace("; path=/", "; path=/api", StringComparison.Ordinal))),
        ["adds a Domain"] = new(Answer: a => a.Change("Set-Cookie", c => $"{c}; domain=example.org")),
        ["hides the CSRF token from the page"] = new(Answer: a => a.Change("Set-Cookie", c => c.StartsWith("csrf_token=", StringComparison.Ordinal) ? $"{c}; httponly" : c)),
        ["shows a token in the body"] = new(Answer: a =>
        {
            if (a.Path == "/api/auth/login" && a.Status == 200)
                a.Body = $"{{\"access_token\":\"{a.Headers.Find(h => h.Value.StartsWith("auth_token=", StringComparison.Ordinal)).Value.Split('=', ';')[1]}\",{a.Body[1..]}";
        }),
        ["asks for no CSRF token"] = new(Request: (_, r) =>
        {
            if (!r.Headers.Contains("X-CSRF-Token"))
                r.Headers.TryAddWithoutValidation("X-CSRF-Token", CookieOf(r, "csrf_token"));
        }),
        ["takes any CSRF token"] = new(Request: (_, r) =>
        {
            if (r.Headers.Remove("X-CSRF-Token"))
                r.Headers.TryAddWithoutValidation("X-CSRF-Token", CookieOf(r, "csrf_token"));
        }),
        ["lets other sites' pages act"] = new(Request: (_, r) => r.Headers.Remove("Origin")),
        ["doesn't rotate"] = new(Answer: a =>
        {
            if (a.Path == "/api/auth/refresh" && a.Status == 200)
                a.Change("Set-Cookie", c => c.StartsWith("refresh_token=", StringComparison.Ordinal) ? $"refresh_token={CookieOf(a.Request, "refresh_token")}{c[c.IndexOf(';', StringComparison.Ordinal)..]}" : c);
        }),
        ["forgives a spent token"] = new(Answer: a =>
        {
            if (a.Body.Contains("auth.refresh_reused", StringComparison.Ordinal))
                (a.Status, a.Body) = (200, "{\"success\":true}");
        }),
        ["clears cookies and ends no session"] = new(
            Request: (path, r) =>
            {
                if (path == "/api/auth/logout" && r.Headers.Contains("X-CSRF-Token"))
                    (r.Method, r.RequestUri) = (HttpMethod.Get, new Uri("/api/auth/session", UriKind.Relative));
            },
            Answer: a =>
            {
                if (a.Path != "/api/auth/logout" || a.Status != 200)
                    return;
                foreach (var name in (string[])["auth_token", "refresh_token", "csrf_token"])
                    a.Headers.Add(("Set-Cookie", $"{name}=; expires=Thu, 01 Jan 1970 00:00:00 GMT; path=/"));
                a.Set("Clear-Site-Data", "\"cache\", \"storage\"");
            }),
        ["leaves the cookies at log-out"] = new(Answer: a =>
        {
            if (a.Path == "/api/auth/logout")
                a.Drop("Set-Cookie");
        }),
    };

    private static readonly Dictionary<string, Fault> CorsFaults = new()
    {
        ["reflects any origin"] = new(Answer: a => Allow(a, _ => true)),
        ["allows what begins like an allowed one"] = new(Answer: a => Allow(a, origin => origin.StartsWith(Front, StringComparison.Ordinal))),
        ["allows what ends like an allowed one"] = new(Answer: a => Allow(a, origin => origin.EndsWith("front.example.org", StringComparison.Ordinal))),
        ["allows null"] = new(Answer: a => Allow(a, origin => origin == "null")),
        ["compares without case"] = new(Answer: a => Allow(a, origin => string.Equals(origin, Front, StringComparison.OrdinalIgnoreCase))),
        ["allows everybody"] = new(Answer: a =>
        {
            a.Set("Access-Control-Allow-Origin", "*");
            a.Set("Access-Control-Allow-Credentials", "true");
        }),
        ["refuses a preflight without saying so"] = new(Answer: a =>
        {
            if (a.Body.Contains("cors.origin_refused", StringComparison.Ordinal))
                (a.Status, a.Body) = (204, string.Empty);
        }),
        ["hides errors from pages"] = new(Answer: a =>
        {
            if (a.Status >= 400)
                a.Drop("Access-Control-Allow-Origin");
        }),
        ["hides when to come back"] = new(Answer: a =>
        {
            if (a.Status == 429)
                a.Drop("Access-Control-Allow-Origin");
        }),
        ["drops Vary"] = new(Answer: a => a.Drop("Vary")),
        ["allows another method"] = new(Answer: a => a.Change("Access-Control-Allow-Methods", m => $"{m},TRACE")),
        ["forgets a request header"] = new(Answer: a => a.Change("Access-Control-Allow-Headers", h => h.Replace("X-CSRF-Token,", string.Empty, StringComparison.Ordinal))),
    };

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

    [Theory]
    [InlineData("never answers 429", "a burst of 15 ends in 429: expected a 429 among the answers, got")]
    [InlineData("drops Retry-After", "the 429 says when to come back: expected a Retry-After in seconds, got nothing")]
    [InlineData("asks to come back too early", "the 429 says when to come back: expected a Retry-After in seconds, got 0")]
    [InlineData("dresses 429 as a page", "the 429 is a problem: expected application/problem+json, got text/html")]
    [InlineData("drops RateLimit", "X-RateLimit-Minute-Limit and -Remaining are those of RateLimit-Policy and RateLimit: expected 300 and a number, got 300 and 299")]
    [InlineData("tells two numbers", "X-RateLimit-Minute-Limit and -Remaining are those of RateLimit-Policy and RateLimit: expected 300 and 299, got 300 and 300")]
    [InlineData("tells a wrong moment", "X-RateLimit-Hour-Reset is RateLimit's t from now: expected about ")]
    [InlineData("counts nothing", "X-RateLimit-Day-Remaining falls with each request: expected fewer left, got ")]
    [InlineData("counts probes", "/health has no rate limit headers: expected nothing, got \"burst\"")]
    [InlineData("believes what clients say of their address", "a client's own X-Forwarded-For gives it no new budget: expected fewer than ")]
    [InlineData("never tires of failed logins", "failed logins run into a limit of their own: expected 429 auth.too_many_attempts, got 401 auth.invalid_credentials")]
    public Task A_fault_of_the_limits_is_named(string fault, string line) =>
        NamesAsync(LimitFaults[fault], line, Limits, fault.EndsWith("logins", StringComparison.Ordinal) ? ["--login"] : []);

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
        await using var proxy = await SpoilingProxy.StartAsync(app.Address, CookieFaults["drops Secure"]);

        Holds(await RunAsync(Cookies, [app.Address.ToString()], account));
        Fails(
            await RunAsync(Cookies, [proxy.Address.ToString()], account),
            "auth_token has its flags: expected SameSite=Strict; Path=/; no Domain; HttpOnly; Secure and named __Host-, got __Host-auth_token; ");
    }

    [Theory]
    [InlineData("drops HttpOnly", "refresh_token has its flags: expected SameSite=Strict; Path=/; no Domain; HttpOnly, got refresh_token; max-age=")]
    [InlineData("drops SameSite", "auth_token has its flags: expected SameSite=Strict; ")]
    [InlineData("widens the path", "device_id has its flags: expected SameSite=Strict; Path=/; no Domain; HttpOnly, got ")]
    [InlineData("adds a Domain", "auth_token has its flags: expected SameSite=Strict; Path=/; no Domain; HttpOnly, got ")]
    [InlineData("hides the CSRF token from the page", "csrf_token has its flags: expected SameSite=Strict; Path=/; no Domain; readable by the page, got ")]
    [InlineData("shows a token in the body", "the login's body holds no token: expected neither access nor refresh token in it, got one of them")]
    [InlineData("asks for no CSRF token", "a POST without X-CSRF-Token is refused: expected 403 csrf.missing, got 400 request.invalid")]
    [InlineData("takes any CSRF token", "a POST with a wrong X-CSRF-Token is refused: expected 403 csrf.invalid, got 400 request.invalid")]
    [InlineData("lets other sites' pages act", "a POST from another site's page is refused: expected 403 csrf.cross_site, got 400 request.invalid")]
    [InlineData("doesn't rotate", "a refresh rotates both tokens: expected a new access token, a new refresh token, got a new access token, the old refresh token")]
    [InlineData("forgives a spent token", "the first refresh token is spent now, and its use ends the session: expected 401 auth.refresh_reused, got 200")]
    [InlineData("clears cookies and ends no session", "the old cookies are nobody's: expected 200, authenticated: false, got 200, authenticated: true")]
    [InlineData("leaves the cookies at log-out", "that clears the session's cookies: expected no auth_token, refresh_token, csrf_token, got no ")]
    public async Task A_fault_of_the_cookies_is_named(string fault, string line) =>
        await NamesAsync(CookieFaults[fault], line, Cookies, [], await server.RegisterAsync());

    [Fact]
    public async Task No_password_and_no_token_is_printed_whatever_fails()
    {
        var account = await server.RegisterAsync();
        await using var proxy = await SpoilingProxy.StartAsync(server.Address, CookieFaults["shows a token in the body"]);

        var run = await RunAsync(Cookies, [proxy.Address.ToString()], account);

        Assert.DoesNotContain(account.Password, run.Output + run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("eyJ", run.Output + run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Origins_are_kept_apart_directly_and_behind_a_proxy()
    {
        await using var proxy = await SpoilingProxy.StartAsync(server.Address, Fault.None);

        Holds(await RunAsync(Cors, [server.Address.ToString()]));
        var run = await RunAsync(Cors, [proxy.Address.ToString(), "--origin", Front]);
        Holds(run);
        Assert.Contains("ok  a 429 is readable to it", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("reflects any origin", "a foreign origin (https://foreign.example) reads no answer: expected no Access-Control-Allow-Origin, got https://foreign.example")]
    [InlineData("allows what begins like an allowed one", "a name that begins like it (https://front.example.org.foreign.example) reads no answer: expected ")]
    [InlineData("allows what ends like an allowed one", "a name that ends like it (https://foreignfront.example.org) reads no answer: expected ")]
    [InlineData("allows null", "a page without an origin (null) reads no answer: expected no Access-Control-Allow-Origin, got null")]
    [InlineData("compares without case", "another case (HTTPS://FRONT.EXAMPLE.ORG) reads no answer: expected ")]
    [InlineData("allows everybody", "no answer allowed every origin: expected nothing, got *, with credentials: true")]
    [InlineData("refuses a preflight without saying so", "a foreign origin (https://foreign.example) is refused its preflight: expected 403 cors.origin_refused, no Access-Control-Allow-Origin, got 204 ")]
    [InlineData("hides errors from pages", "a 401 is readable to it: expected https://front.example.org, with credentials, got no Access-Control-Allow-Origin")]
    [InlineData("hides when to come back", "a 429 is readable to it: expected https://front.example.org, with credentials, got no Access-Control-Allow-Origin")]
    [InlineData("drops Vary", "an answer to a foreign origin says that it depends on the origin: expected Vary: Origin, got ")]
    [InlineData("allows another method", "the methods are those of docs/api.md: expected GET POST PUT PATCH DELETE OPTIONS, got a list with trace")]
    [InlineData("forgets a request header", "the request headers are those of docs/api.md: expected Accept Accept-Language Content-Language Content-Type Authorization X-Requested-With X-Request-ID X-CSRF-Token Cache-Control Pragma Idempotency-Key Last-Event-ID Range, got a list without X-CSRF-Token")]
    public Task A_fault_of_CORS_is_named(string fault, string line) =>
        NamesAsync(CorsFaults[fault], line, Cors, ["--origin", Front]);

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

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    private static string CookieOf(HttpRequestMessage request, string name) =>
        request.Headers.TryGetValues("Cookie", out var lines)
            ? string.Join("; ", lines).Split("; ").FirstOrDefault(c => c.StartsWith($"{name}=", StringComparison.Ordinal))?[(name.Length + 1)..] ?? string.Empty
            : string.Empty;

    private static void Allow(SpoiltAnswer answer, Func<string, bool> origins)
    {
        if (answer.Origin is not { Length: > 0 } origin || !origins(origin))
            return;
        answer.Set("Access-Control-Allow-Origin", origin);
        answer.Set("Access-Control-Allow-Credentials", "true");
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
        Assert.True(run.Output.Contains($"\nFAIL {line}", StringComparison.Ordinal) || run.Output.StartsWith($"FAIL {line}", StringComparison.Ordinal), run.Output + run.Error);
        Assert.Equal(1, run.ExitCode);
        var lines = run.Output.TrimEnd('\n').Split('\n');
        Assert.Equal($"{lines.Length - 1} checks, {lines.Count(l => l.StartsWith("FAIL ", StringComparison.Ordinal))} failed", lines[^1]);
    }

    private async Task NamesAsync(Fault fault, string line, string script, string[] options, Account? account = null)
    {
        await using var proxy = await SpoilingProxy.StartAsync(server.Address, fault);

        Fails(await RunAsync(script, [proxy.Address.ToString(), .. options], account), line);
    }

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

    [GeneratedRegex("\"day\";r=[0-9]+")]
    private static partial Regex DayLeft();
}

/// <summary>The server behind the faults: one front end of its own, and a minute wide enough for 25 failed logins beside the rest.</summary>
public sealed class CheckedServer : IAsyncLifetime
{
    private MusicGenApp _app = null!;

    public Uri Address => _app.Address;

    public async ValueTask InitializeAsync() => _app = await MusicGenApp.StartAsync(
        ("ALLOWED_ORIGINS", "https://front.example.org"), ("RATE_LIMIT_FREE_MINUTE", "300"));

    public async Task<Account> RegisterAsync()
    {
        using var browser = await _app.RegisterAsync();
        return new Account(browser.Email, browser.Password);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}

/// <summary>What a script gets to sign in by.</summary>
public sealed record Account(string Email, string Password);
