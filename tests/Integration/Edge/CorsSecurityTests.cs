using System.Net;
using System.Text;
using MusicGen.Integration.Support;
using MusicGen.WebApi.Hosting;

namespace MusicGen.Integration.Edge;

/// <summary>
/// Which origins get in, which are refused and how, over the wire: <c>https://front.example.org</c> is allowed by name, and
/// Development lets pages of this machine in. Environments differ in <see cref="EnvironmentTableTests"/>.
/// </summary>
public sealed class CorsSecurityTests(EdgeApp edge)
{
    private const string Allowed = "https://front.example.org";

    private static readonly string[] Exposed =
    [
        "RateLimit", "RateLimit-Policy", "X-RateLimit-Tier", "X-RateLimit-Minute-Limit", "X-RateLimit-Minute-Remaining",
        "X-RateLimit-Minute-Reset", "X-RateLimit-Hour-Limit", "X-RateLimit-Hour-Remaining", "X-RateLimit-Hour-Reset",
        "X-RateLimit-Day-Limit", "X-RateLimit-Day-Remaining", "X-RateLimit-Day-Reset", "Retry-After", "Location", "ETag",
        "Content-Range", "Content-Disposition", "X-Request-ID",
    ];

    /// <summary>By the name of what is tried.</summary>
    public static TheoryData<string, string> Refused { get; } = new()
    {
        { "null", "null" }, { "null in capitals", "NULL" }, { "empty", "" }, { "a wildcard", "*" }, { "a wildcard with a scheme", "https://*" },
        { "a wildcard for subdomains", "https://*.example.org" },
        { "no scheme", "front.example.org" }, { "an empty scheme", "//front.example.org" }, { "no slashes", "https:front.example.org" },
        { "no colon", "https//front.example.org" }, { "no host", "https://" }, { "two ports", "http://localhost:3000:3000" },
        { "a port in letters", "https://front.example.org:port" }, { "an open bracket", "http://[::1" }, { "a script", "javascript:alert(1)" },
        { "data", "data:text/html,x" }, { "a file", "file://" }, { "an extension", "chrome-extension://abcdefghijklmnop" },
        { "a host in capitals", "https://FRONT.example.org" }, { "a scheme in capitals", "HTTPS://front.example.org" }, { "localhost in capitals", "http://LOCALHOST:3000" },
        { "another port", "https://front.example.org:8443" }, { "the default port, spelt out", "https://front.example.org:443" }, { "port 80", "https://front.example.org:80" },
        { "http", "http://front.example.org" }, { "ws", "ws://front.example.org" }, { "wss", "wss://front.example.org" }, { "ftp", "ftp://front.example.org" },
        { "a subdomain", "https://x.front.example.org" }, { "the parent domain", "https://example.org" }, { "a sibling", "https://www.example.org" },
        { "a stranger", "https://evil.example" }, { "its name with an end", "https://front.example.org.evil.example" }, { "its name with a beginning", "https://evilfront.example.org" },
        { "a dot as any letter", "https://frontXexample.org" }, { "a dot at the end", "https://front.example.org." }, { "letters at the end", "https://front.example.organic" },
        { "localhost with an end", "http://localhost.evil.example:3000" }, { "localhost with a dot", "http://localhost.:3000" },
        { "an address as the beginning of a name", "http://127.0.0.1.evil.example" }, { "another loopback address", "http://127.0.0.2:3000" },
        { "a short address", "http://127.1:3000" }, { "an address in one number", "http://2130706433:3000" }, { "an address in hex", "http://0x7f.0.0.1:3000" },
        { "any address", "http://0.0.0.0:3000" }, { "any address of IPv6", "http://[::]:3000" }, { "loopback mapped into IPv6", "http://[::ffff:127.0.0.1]:3000" },
        { "loopback of IPv6 at full length", "http://[0:0:0:0:0:0:0:1]:8080" },
        { "a slash at the end", "https://front.example.org/" }, { "a path", "https://front.example.org/page" }, { "a query", "https://front.example.org?x" },
        { "a fragment", "https://front.example.org#x" }, { "a user", "https://user@front.example.org" }, { "its name as the user", "https://front.example.org@evil.example" },
        { "its name as user and password", "https://front.example.org:443@evil.example" }, { "an encoded at", "https://front.example.org%40evil.example" },
        { "a backslash", @"https://front.example.org\@evil.example" }, { "a letter that looks alike", "https://fr\u043Ent.example.org" },
        { "the same in punycode", "https://xn--frnt-55d.example.org" }, { "full-width letters", "https://\uFF46\uFF52\uFF4F\uFF4E\uFF54.example.org" },
        { "a full stop that looks alike", "https://front\u3002example.org" }, { "an encoded letter", "https://fr%6Fnt.example.org" },
        { "two with a blank", "https://front.example.org https://evil.example" }, { "two with a comma", "https://front.example.org, https://evil.example" },
        { "the allowed one twice", "https://front.example.org,https://front.example.org" },
    };

    [Theory]
    [InlineData(Allowed)]
    [InlineData("http://localhost:3000")]
    [InlineData("https://localhost")]
    [InlineData("http://127.0.0.1:51234")]
    [InlineData("http://[::1]:8080")]
    public async Task An_allowed_origin_gets_its_preflight(string origin)
    {
        var answer = await PreflightAsync("POST", "content-type,x-csrf-token,idempotency-key", origin);

        Assert.Equal(204, answer.Status);
        Assert.Equal(origin, answer.Header("Access-Control-Allow-Origin"));
        Assert.Equal("true", answer.Header("Access-Control-Allow-Credentials"));
        Assert.Equal("7200", answer.Header("Access-Control-Max-Age"));
        Assert.Equal("GET,POST,PUT,PATCH,DELETE,OPTIONS", answer.Header("Access-Control-Allow-Methods"));
        Assert.Equal(["Origin"], answer.All("Vary"));
        Assert.Null(answer.Header("RateLimit"));
    }

    [Theory, MemberData(nameof(Refused))]
    public async Task Any_other_origin_is_refused_in_words_and_reads_nothing(string what, string origin)
    {
        var preflight = await PreflightAsync("POST", "content-type", origin);
        var read = await RawHttp.SendAsync(edge.App.Address, "GET", "/api/v1/models", ("Origin", origin), ("X-Forwarded-For", "198.18.250.1"));

        MustBeRefused(preflight, what);
        Assert.Equal((what, 200), (what, read.Status));
        Assert.Empty(read.All("Access-Control-Allow-Origin"));
        Assert.Empty(read.All("Access-Control-Allow-Credentials"));
        Assert.Equal(["Origin"], read.All("Vary"));
    }

    [Theory]
    [InlineData(Allowed, "https://evil.example")]
    [InlineData("https://evil.example", Allowed)]
    [InlineData(Allowed, Allowed)]
    public async Task Two_origins_are_none(string one, string other)
    {
        var preflight = await PreflightAsync("POST", "content-type", one, other);
        var read = await RawHttp.SendAsync(edge.App.Address, "GET", "/api/v1/models", ("Origin", one), ("Origin", other), ("X-Forwarded-For", "198.18.250.1"));

        MustBeRefused(preflight, "two headers");
        Assert.Equal(200, read.Status);
        Assert.Empty(read.All("Access-Control-Allow-Origin"));
    }

    // Without a preflight (a form of another site) the browser sends the request; it must change nothing.
    [Theory]
    [InlineData("null")]
    [InlineData("https://evil.example")]
    [InlineData("https://front.example.org.evil.example")]
    public async Task What_comes_without_a_preflight_changes_nothing(string origin)
    {
        using var browser = edge.NewBrowser();
        await browser.FetchTokenAsync();

        using var answer = await browser.SendAsync(HttpMethod.Post, "/api/auth/logout", headers: [("Origin", origin)]);

        await answer.MustBeProblemAsync(HttpStatusCode.Forbidden, "csrf.cross_site");
        Assert.Null(answer.Header("Access-Control-Allow-Origin"));
    }

    [Theory]
    [InlineData("TRACE", "content-type")]
    [InlineData("post", "content-type")]
    [InlineData("*", "content-type")]
    [InlineData("POST", "x-evil")]
    [InlineData("POST", "*")]
    [InlineData("POST", "content-type, cookie")]
    public async Task Methods_and_headers_beyond_the_list_are_refused(string method, string header) =>
        MustBeRefused(await PreflightAsync(method, header, Allowed), $"{method} {header}");

    [Fact]
    public async Task Every_refusal_of_every_status_is_readable_by_an_allowed_page()
    {
        using var stranger = edge.NewBrowser();
        using var browser = await edge.RegisterAsync();
        var huge = new StringContent($"{{\"prompt\":\"{new string('a', 500_000)}\"}}", Encoding.UTF8, "application/json");

        await ReadableAsync(stranger, HttpMethod.Get, "/api/v1/quota", HttpStatusCode.Unauthorized, "auth.required");
        await ReadableAsync(stranger, HttpMethod.Post, "/api/auth/login", HttpStatusCode.Forbidden, "csrf.missing", new StringContent("{}", Encoding.UTF8, "application/json"), csrf: false);
        await ReadableAsync(browser, HttpMethod.Get, "/api/v1/admin/users", HttpStatusCode.Forbidden, "auth.forbidden");
        await ReadableAsync(browser, HttpMethod.Get, "/api/v1/nothing", HttpStatusCode.NotFound, "route.not_found");
        await ReadableAsync(browser, HttpMethod.Get, "/api/auth/login", HttpStatusCode.MethodNotAllowed, "request.method");
        await ReadableAsync(browser, HttpMethod.Post, "/api/v1/generate", HttpStatusCode.UnsupportedMediaType, "request.content_type", new StringContent("prompt=a"));
        await ReadableAsync(browser, HttpMethod.Post, "/api/v1/generate", HttpStatusCode.BadRequest, "request.invalid", new StringContent("{", Encoding.UTF8, "application/json"));
        await ReadableAsync(browser, HttpMethod.Post, "/api/v1/generate", HttpStatusCode.UnprocessableEntity, "generation.unsupported_field",
            new StringContent("""{"prompt":"a","top_k":5}""", Encoding.UTF8, "application/json"));
        await ReadableAsync(browser, HttpMethod.Post, "/api/v1/generate", HttpStatusCode.RequestEntityTooLarge, "request.too_large", huge); // last: it ends the connection
    }

    [Fact]
    public async Task So_are_the_limit_an_outage_and_a_fault_of_ours()
    {
        var redis = await RunningRedis.StartAsync(RedisKind.Garnet, Directory.CreateTempSubdirectory("musicgen-cors-").FullName);
        await using var app = await MusicGenApp.StartAsync(("ALLOWED_ORIGINS", Allowed), ("REDIS_URL", redis.ConnectionString));
        using var browser = await app.RegisterAsync();
        browser.IsPatient = false;

        await BrokenDatabase.LoseBatchesAsync(app);
        await ReadableAsync(browser, HttpMethod.Get, BrokenDatabase.PathOfABatch, HttpStatusCode.InternalServerError, "server.error");

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => browser.SendAsync(HttpMethod.Get, "/api/v1/quota", headers: [("Origin", Allowed)])));
        var limited = Assert.IsType<HttpResponseMessage>(answers.FirstOrDefault(a => a.StatusCode == HttpStatusCode.TooManyRequests));
        Assert.Equal("rate_limit.exceeded", await limited.CodeAsync());
        MustBeReadable(limited);
        Assert.NotNull(limited.Header("Retry-After"));

        await redis.DisposeAsync();
        await ReadableAsync(browser, HttpMethod.Get, "/api/v1/quota", HttpStatusCode.ServiceUnavailable, "service.unavailable");
        Directory.Delete(redis.Folder, recursive: true);
    }

    [Theory]
    [InlineData("*")]
    [InlineData("https://*.example.org")]
    [InlineData("http://front.example.org")]
    [InlineData("http://localhost:3000")]
    [InlineData("null")]
    [InlineData("https://front.example.org/")]
    [InlineData("https://front.example.org:443")]
    [InlineData("https://user@front.example.org")]
    [InlineData("https://Front.example.org")]
    [InlineData("https://fr\u043Ent.example.org")]
    public async Task Production_refuses_the_start_with_an_origin_that_would_let_too_many_in_or_never_match(string origin)
    {
        var refused = await Assert.ThrowsAnyAsync<Exception>(() => MusicGenApp.StartAsync([.. Environments.Production, ("ALLOWED_ORIGINS", $"{Allowed},{origin}")]));

        Assert.StartsWith("ALLOWED_ORIGINS", Assert.Single(StartFailure.Describe(refused) ?? []), StringComparison.Ordinal);
    }

    private static void MustBeRefused(RawAnswer answer, string what)
    {
        Assert.Equal((what, 403), (what, answer.Status));
        Assert.Contains("\"code\":\"cors.origin_refused\"", answer.Body, StringComparison.Ordinal);
        Assert.DoesNotContain(answer.Headers, h => h.Name.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase));
        Assert.Equal(["Origin"], answer.All("Vary"));
    }

    private static async Task ReadableAsync(
        Browser browser, HttpMethod method, string path, HttpStatusCode status, string code, HttpContent? body = null, bool csrf = true)
    {
        using var answer = await browser.SendAsync(method, path, body, csrf, [("Origin", Allowed)]);

        await answer.MustBeProblemAsync(status, code);
        MustBeReadable(answer);
    }

    // Never the wildcard: it would forbid credentials, or with them let everybody in.
    private static void MustBeReadable(HttpResponseMessage answer)
    {
        Assert.Equal(Allowed, answer.Header("Access-Control-Allow-Origin"));
        Assert.Equal("true", answer.Header("Access-Control-Allow-Credentials"));
        Assert.Equal("Origin", answer.Header("Vary"));
        Assert.Equal(Exposed.Order(StringComparer.Ordinal), answer.Header("Access-Control-Expose-Headers")!.Split(',', StringSplitOptions.TrimEntries).Order(StringComparer.Ordinal));
    }

    private Task<RawAnswer> PreflightAsync(string method, string headers, params string[] origins) => RawHttp.SendAsync(
        edge.App.Address, "OPTIONS", "/api/v1/generate",
        [.. origins.Select(o => ("Origin", o)), ("Access-Control-Request-Method", method), ("Access-Control-Request-Headers", headers)]);
}
