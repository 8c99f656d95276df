using System.Net;
using System.Text.Json.Nodes;
using MusicGen.Integration.Support;
using MusicGen.WebApi.Configuration;

namespace MusicGen.Integration.Edge;

/// <summary>
/// What differs between environments and what doesn't, on a server under each name: Development, Staging, Production, and
/// one that nobody has heard of, which follows Production's rules.
/// </summary>
public sealed class EnvironmentTableTests(EnvironmentServers servers) : IClassFixture<EnvironmentServers>
{
    private const string Registration = """{"email":"ann@example.org","username":"ann","password":"violet teapot orbits slowly"}""";

    public static TheoryData<string> Names { get; } = [.. EnvironmentServers.Names];

    public static TheoryData<string> Outside { get; } = [.. EnvironmentServers.Names.Where(n => n != "Development")];

    [Theory, MemberData(nameof(Names))]
    public async Task The_hosts_own_name_is_ours_whatever_a_launch_profile_says(string environment)
    {
        Assert.Equal(environment == "qa" ? "QA" : environment, servers[environment].EnvironmentName);
        Assert.Equal(environment == "Development", File.Exists(Path.Combine(servers[environment].Folder, "secrets.json")));
        using var client = new HttpClient { BaseAddress = servers[environment].Address };
        using var live = await client.GetAsync(new Uri("/health/live", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, live.StatusCode);
    }

    [Theory, MemberData(nameof(Names))]
    public async Task Cookies_have_their_host_names_and_are_Secure_outside_Development(string environment)
    {
        var signedIn = await servers.RegisterAsync(environment, Registration);

        var prefix = environment == "Development" ? string.Empty : "__Host-";
        var cookies = signedIn.All("Set-Cookie").ToDictionary(c => c.Split('=')[0], c => c.Split("; ")[1..], StringComparer.Ordinal);
        Assert.Equal(
            new[] { "auth_token", "csrf_token", "device_id", "refresh_token" }.Select(n => prefix + n),
            cookies.Keys.OrderBy(n => n, StringComparer.Ordinal));
        foreach (var (name, attributes) in cookies)
        {
            Assert.Equal((name, environment != "Development"), (name, attributes.Contains("secure")));
            Assert.Equal((name, name != $"{prefix}csrf_token"), (name, attributes.Contains("httponly")));
            Assert.Contains("samesite=strict", attributes);
            Assert.Contains("path=/", attributes);
            Assert.DoesNotContain(attributes, a => a.StartsWith("domain", StringComparison.OrdinalIgnoreCase));
        }
    }

    /// <summary>Every server has the same STAGING_DEV_ORIGINS and STAGING_DOMAIN, and no ALLOWED_ORIGINS.</summary>
    [Theory]
    [InlineData("https://music.test", "Staging Production qa")]
    [InlineData("http://localhost:3000", "Development")]
    [InlineData("http://127.0.0.1:8080", "Development")]
    [InlineData("https://[::1]", "Development")]
    [InlineData("https://dev.front.example.org", "Staging")]
    [InlineData("https://staging.example.org", "Staging")]
    [InlineData("https://www.staging.example.org", "Staging")]
    [InlineData("https://xn--bcher-kva.example.org", "Staging")]
    [InlineData("https://b\u00FCcher.example.org", "")]
    [InlineData("https://x.staging.example.org", "")]
    [InlineData("https://front.example.org", "")]
    [InlineData("http://music.test", "")]
    [InlineData("https://musicgen.ai", "")] // the original's defaults
    [InlineData("https://staging.musicgen.ai", "")]
    [InlineData("null", "")]
    public async Task Each_lets_in_what_is_named_for_it_and_nothing_else(string origin, string allowedIn)
    {
        foreach (var environment in EnvironmentServers.Names)
        {
            var answer = await RawHttp.SendAsync(
                servers[environment].Address, "OPTIONS", "/api/v1/generate", ("Origin", origin), ("Access-Control-Request-Method", "POST"));

            var isAllowed = allowedIn.Split(' ').Contains(environment);
            Assert.Equal((environment, isAllowed ? 204 : 403), (environment, answer.Status));
            Assert.Equal((environment, isAllowed ? origin : null), (environment, answer.Header("Access-Control-Allow-Origin")));
            if (!isAllowed)
                Assert.Equal("cors.origin_refused", JsonNode.Parse(answer.Body)!["code"]!.GetValue<string>());
        }
    }

    [Theory, MemberData(nameof(Names))]
    public async Task Browsers_are_bound_to_https_for_a_year_outside_Development(string environment)
    {
        foreach (var path in new[] { "/", "/api/auth/session", "/nowhere", "/docs/" })
        {
            var answer = await RawHttp.SendAsync(servers[environment].Address, "GET", path);
            Assert.Equal((path, environment == "Development" ? null : "max-age=31536000; includeSubDomains"), (path, answer.Header("Strict-Transport-Security")));
        }
    }

    [Theory, MemberData(nameof(Names))]
    public async Task The_contract_is_there_for_everybody(string environment)
    {
        var page = await RawHttp.SendAsync(servers[environment].Address, "GET", "/docs/");
        var document = await RawHttp.SendAsync(servers[environment].Address, "GET", "/openapi/v1.json");

        Assert.Equal((200, "text/html"), (page.Status, page.Header("Content-Type")?.Split(';')[0]));
        Assert.Equal(200, document.Status);
        Assert.NotNull(JsonNode.Parse(document.Body)!["paths"]!["/api/v1/generate"]);
    }

    [Theory, MemberData(nameof(Names))]
    public async Task No_error_tells_more_than_its_code(string environment)
    {
        var server = servers[environment];
        var cookies = string.Join("; ", (await servers.RegisterAsync(environment, Registration.Replace("ann", "bob", StringComparison.Ordinal))).All("Set-Cookie").Select(c => c.Split(';')[0]));
        var csrf = cookies.Split("; ").First(c => c.Contains("csrf_token=", StringComparison.Ordinal)).Split('=', 2)[1];
        await BrokenDatabase.LoseBatchesAsync(server);

        var broken = await RawHttp.SendAsync(server.Address, "GET", BrokenDatabase.PathOfABatch, ("Cookie", cookies));
        var malformed = await RawHttp.SendAsync(server.Address, "POST", "/api/v1/generate", "{\"prompt\": tru", ("Cookie", cookies), ("X-CSRF-Token", csrf));
        var garbled = await RawHttp.SendAsync(server.Address, "GET", "/api/v1/generate?limit=ten", ("Cookie", cookies));
        var forged = await RawHttp.SendAsync(server.Address, "GET", "/api/v1/quota", ("Authorization", "Bearer eyJhbGciOiJub25lIn0.e30."));

        MustTellNoMore(broken, 500, "server.error", "type title status code trace_id");
        MustTellNoMore(malformed, 400, "request.invalid", "type title status code trace_id errors");
        MustTellNoMore(garbled, 400, "request.invalid", "type title status code trace_id errors");
        MustTellNoMore(forged, 401, "auth.token_invalid", "type title status code trace_id");
    }

    [Theory, MemberData(nameof(Outside))]
    public async Task Samples_refuse_the_start_outside_Development_each_by_its_name(string environment)
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable("MUSICGEN_TEST_REDIS") is { Length: > 0 }, "Then REDIS_URL is always set.");
        var example = DotEnv.Merge(new Dictionary<string, string>(StringComparer.Ordinal), ExampleFile()).Select(v => (v.Key, v.Value)).ToArray();
        Assert.Contains(example, v => v.Key == "JWT_SECRET_KEY");

        var samples = await Assert.ThrowsAsync<StartRefusedException>(() => MusicGenApp.StartAsync([.. example, ("ENVIRONMENT", environment)]));
        var nothing = await Assert.ThrowsAsync<StartRefusedException>(() => MusicGenApp.StartAsync(("ENVIRONMENT", environment)));
        var known = await Assert.ThrowsAsync<StartRefusedException>(() => MusicGenApp.StartAsync(
            [.. Environments.Named(environment).Where(v => v.Name != "JWT_SECRET_KEY"), ("JWT_SECRET_KEY", "your-secret-key-change-in-production")]));

        Assert.All(example, v => Assert.Contains(samples.Lines, l => l.StartsWith($"{v.Key}: still holds the sample", StringComparison.Ordinal)));
        Assert.Equal(["JWT_SECRET_KEY", "PUBLIC_URL", "REDIS_URL", "SMTP_HOST", "SMTP_FROM"], nothing.Lines.Select(l => l.Split(':')[0]));
        Assert.StartsWith("JWT_SECRET_KEY: is a sample", Assert.Single(known.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task In_Development_they_count_as_unset_and_it_makes_its_own()
    {
        var example = DotEnv.Merge(new Dictionary<string, string>(StringComparer.Ordinal), ExampleFile()).Select(v => (v.Key, v.Value)).ToArray();
        await using var app = await MusicGenApp.StartAsync([.. example, ("ENVIRONMENT", "Development")]);
        using var browser = await app.RegisterAsync();

        Assert.True((await browser.SessionAsync())["authenticated"]!.GetValue<bool>());
        Assert.DoesNotContain(SampleValues.Mark, await File.ReadAllTextAsync(Path.Combine(app.Folder, "secrets.json"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    // As people meet it: a process, its exit code and its lines.
    [Theory]
    [InlineData("qa", "TRUST_ALL_PROXIES", "true")]
    [InlineData("staging", "COOKIE_SECURE", "false")]
    public async Task What_would_weaken_ends_the_program_with_1_and_advice(string environment, string name, string value)
    {
        var run = await ServerProcess.RunAsync(["serve"], new Dictionary<string, string>(
            Environments.Named(environment).Append((name, value)).Select(v => KeyValuePair.Create(v.Item1, v.Item2)), StringComparer.Ordinal));

        Assert.Equal(1, run.ExitCode);
        Assert.Contains($"{name}: has no effect. ", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", run.Error + run.Output, StringComparison.Ordinal);
    }

    private static void MustTellNoMore(RawAnswer answer, int status, string code, string fields)
    {
        Assert.Equal(status, answer.Status);
        Assert.Equal("application/problem+json", answer.Header("Content-Type")?.Split(';')[0]);
        var problem = JsonNode.Parse(answer.Body)!.AsObject();
        Assert.Equal(code, problem["code"]!.GetValue<string>());
        Assert.Equal(fields.Split(' '), problem.Select(f => f.Key));
        foreach (var inner in new[] { "Exception", "Sqlite", "SQL", "no such table", "GenerationBatches", "MusicGen.", "System.", "Microsoft.", "   at ", "LineNumber", "BytePosition", "IDX1", "/src/" })
            Assert.DoesNotContain(inner, answer.Body, StringComparison.OrdinalIgnoreCase);
    }

    private static string ExampleFile() => Path.Combine(ProgramFolder.HomeOf(AppContext.BaseDirectory), ".env.example");
}
