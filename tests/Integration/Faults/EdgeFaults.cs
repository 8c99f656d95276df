using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using MusicGen.Application.Auditing;
using MusicGen.Application.Persistence;
using MusicGen.Application.Sessions;
using MusicGen.Integration.Support;
using MusicGen.WebApi.Configuration;

namespace MusicGen.Integration.Faults;

/// <summary>What the original service did wrong before any handler ran, and with what it wrote down of it, by the number of the fault.</summary>
public sealed class EdgeFaults(MusicGenApp app, RedisServers servers)
{
    private const string Key = "4f0c5d0ab7d14b6e9f3a2c1d8e7b6a59";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    // The middleware was written, and never added to the application.
    [Fact]
    public async Task Fault_03_a_change_without_a_csrf_token_or_with_a_wrong_one_is_none()
    {
        using var browser = await app.RegisterAsync();

        using var without = await browser.SendAsync(HttpMethod.Post, "/api/auth/logout", csrf: false);
        await without.MustBeProblemAsync(HttpStatusCode.Forbidden, "csrf.missing");
        using var wrong = await browser.SendAsync(HttpMethod.Post, "/api/auth/logout", csrf: false, headers: [("X-CSRF-Token", "made-up")]);
        await wrong.MustBeProblemAsync(HttpStatusCode.Forbidden, "csrf.invalid");

        Assert.True((await browser.SessionAsync())["authenticated"]!.GetValue<bool>());
    }

    // The leftmost address counted, while the documented proxy appends; and every private network was trusted.
    [Fact]
    public async Task Fault_16_the_leftmost_address_is_nobodys_and_no_network_is_trusted_unasked()
    {
        var real = $"203.0.113.{Random.Shared.Next(1, 255)}";
        var left = new List<long>();
        for (var i = 0; i < 4; i++)
        {
            using var client = app.NewBrowser($"10.0.0.{i}, 198.51.100.{i}, {real}"); // what nginx makes of it
            left.Add(await ReadsLeftAsync(client));
        }

        Assert.Equal([left[0], left[0] - 1, left[0] - 2, left[0] - 3], left);

        await using var bare = await MusicGenApp.StartAsync(("TRUSTED_PROXIES", string.Empty));
        using var one = bare.NewBrowser("203.0.113.1");
        using var other = bare.NewBrowser("203.0.113.2");
        Assert.Equal(await ReadsLeftAsync(one) - 1, await ReadsLeftAsync(other)); // both are 127.0.0.1, which nobody named
    }

    // Each hit renewed the window: one request in 50 s, of 30 a minute, was refused from the 31st on, for ever.
    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task Fault_17_who_keeps_within_the_numbers_is_never_refused(RedisKind kind)
    {
        var clock = new FakeTimeProvider(new DateTimeOffset(2026, 5, 1, 12, 0, 0, TimeSpan.Zero));
        var gate = new GateNode(await servers.NodeAsync(kind), clock).Gate;
        var address = $"fault-{Guid.CreateVersion7():N}";

        for (var i = 0; i < 500; i++) // seven hours
        {
            var decision = await gate.CountAsync(address, isInternal: false, RateBucket.Standard, Ct);
            Assert.True(decision.Outcome == GateOutcome.Allowed, $"request {i + 1} was refused");
            clock.Advance(TimeSpan.FromSeconds(50));
        }
    }

    // Any of three headers with one of the sample keys let anybody past the limits, from anywhere.
    [Fact]
    public async Task Fault_21_the_internal_tier_asks_for_the_one_header_a_whole_key_and_the_network()
    {
        var example = await File.ReadAllLinesAsync(Path.Combine(ProgramFolder.HomeOf(AppContext.BaseDirectory), ".env.example"), Ct);
        Assert.Contains("#INTERNAL_API_KEYS=", example); // no sample that anybody could leave in
        await using var inside = await MusicGenApp.StartAsync(("INTERNAL_API_KEYS", Key), ("INTERNAL_NETWORKS", "203.0.113.0/24"));

        Assert.Equal("internal", await TierAsync("203.0.113.5", "X-Internal-Service", Key));
        Assert.Equal("free", await TierAsync("203.0.113.5", "X-Internal-Service", Key[..^1]));
        Assert.Equal("free", await TierAsync("203.0.113.5", "X-Service-Name", Key));
        Assert.Equal("free", await TierAsync("203.0.113.5", "X-API-Key", Key));
        Assert.Equal("free", await TierAsync("198.51.100.5", "X-Internal-Service", Key));
        Assert.Equal("free", await TierAsync("203.0.113.5, 198.51.100.5", "X-Internal-Service", Key));
        var refused = await Assert.ThrowsAsync<OptionsValidationException>(() => MusicGenApp.StartAsync(
            ("ENVIRONMENT", "Production"), ("JWT_SECRET_KEY", "q7Zr1vX0mT4kB9sW2nHf8dLc6yEa3pGu"), ("PUBLIC_URL", "https://music.test"),
            ("ALLOW_EMBEDDED_REDIS", "true"), ("EMAIL_VERIFICATION", "off"), ("INTERNAL_API_KEYS", "internal-service-key-123")));
        Assert.Contains("INTERNAL_API_KEYS", refused.Message, StringComparison.Ordinal);

        async Task<string?> TierAsync(string address, string header, string value)
        {
            using var client = inside.NewBrowser(address);
            using var answer = await client.SendAsync(HttpMethod.Get, "/api/v1/models", headers: [(header, value)]);
            await answer.MustBeAsync(HttpStatusCode.OK);
            return answer.Header("X-RateLimit-Tier");
        }
    }

    // A refusal was made outside of CORS, and the names that were exposed weren't those that were sent.
    [Fact]
    public async Task Fault_22_a_page_of_an_allowed_origin_can_read_that_it_is_limited_and_until_when()
    {
        using var browser = app.NewBrowser();
        browser.IsPatient = false;

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ =>
            browser.SendAsync(HttpMethod.Get, "/api/v1/quota", headers: [("Origin", "http://localhost:3000")])));

        var limited = answers.First(a => a.StatusCode == HttpStatusCode.TooManyRequests);
        Assert.Equal("rate_limit.exceeded", await limited.CodeAsync());
        Assert.Equal("http://localhost:3000", limited.Header("Access-Control-Allow-Origin"));
        var exposed = limited.Header("Access-Control-Expose-Headers")!.Split(',', StringSplitOptions.TrimEntries);
        var sent = limited.Headers.Select(h => h.Key).Where(n => n.Contains("RateLimit", StringComparison.OrdinalIgnoreCase) || n == "Retry-After").ToList();
        Assert.Equal(13, sent.Count);
        Assert.Empty(sent.Except(exposed, StringComparer.OrdinalIgnoreCase));
    }

    // One class knew of wildcards, another answered.
    [Fact]
    public async Task Fault_24_a_wildcard_refuses_the_start_and_an_allowed_origins_subdomain_is_another_origin()
    {
        var refused = await Assert.ThrowsAsync<OptionsValidationException>(() => MusicGenApp.StartAsync(("ALLOWED_ORIGINS", "https://*.example.org")));
        Assert.Contains("ALLOWED_ORIGINS", refused.Message, StringComparison.Ordinal);
        await using var strict = await MusicGenApp.StartAsync(("ALLOWED_ORIGINS", "https://example.org"));
        using var browser = strict.NewBrowser();

        foreach (var (origin, allowed) in new[] { ("https://example.org", true), ("https://sub.example.org", false), ("https://evilexample.org", false) })
        {
            using var asked = await browser.SendAsync(HttpMethod.Options, "/api/v1/models", csrf: false, headers: [("Origin", origin), ("Access-Control-Request-Method", "GET")]);
            using var answered = await browser.SendAsync(HttpMethod.Get, "/api/v1/models", headers: [("Origin", origin)]);

            await asked.MustBeAsync(allowed ? HttpStatusCode.NoContent : HttpStatusCode.Forbidden);
            Assert.Equal(allowed ? origin : null, asked.Header("Access-Control-Allow-Origin"));
            Assert.Equal(allowed ? origin : null, answered.Header("Access-Control-Allow-Origin"));
        }
    }

    // Each check of a token wrote a line with the browser's name, addresses of mail stood in clear, nothing showed an edit,
    // and without the folder of the log there was none.
    [Fact]
    public async Task Fault_27_the_trail_tells_what_was_done_names_nobody_and_shows_an_edit()
    {
        const string Agent = "Mozilla/5.0 (fault 27)";
        var log = Path.Combine(Directory.CreateTempSubdirectory("musicgen-fault-").FullName, "logs", "security.jsonl");
        await using var own = await MusicGenApp.StartAsync(("SECURITY_LOG", $"file:{log}"), ("RATE_LIMIT_FREE_BURST", "30"));
        using var browser = await own.RegisterAsync();
        for (var i = 0; i < 10; i++)
        {
            using var answer = await browser.SendAsync(HttpMethod.Get, "/api/v1/quota", headers: [("User-Agent", Agent)]);
            await answer.MustBeAsync(HttpStatusCode.OK);
        }

        var written = await own.InScopeAsync(s => s.GetRequiredService<IMusicGenDbContext>().AuditEntries.AsNoTracking().OrderBy(e => e.Sequence).ToListAsync(Ct));
        Assert.All(written, e => Assert.Equal("identity.register", e.Action)); // its attempt and its outcome
        Assert.Null((await VerifyAsync()).Broken);
        await own.InScopeAsync(s => s.GetRequiredService<IMusicGenDbContext>().AuditEntries.Where(e => e.Sequence == written[0].Sequence).ExecuteUpdateAsync(e => e.SetProperty(x => x.Actor, "somebody else"), Ct));
        Assert.Equal(written[0].Sequence, (await VerifyAsync()).Broken);

        await own.DisposeHostAsync();
        var lines = await File.ReadAllLinesAsync(log, Ct);
        foreach (var text in lines.Concat(written.Select(e => System.Text.Json.JsonSerializer.Serialize(e))))
        {
            Assert.DoesNotContain(browser.Email, text, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("Mozilla", text, StringComparison.Ordinal);
        }

        Assert.Equal("identity.register", JsonNode.Parse(Assert.Single(lines))!["action"]!.GetValue<string>());

        Task<AuditVerification> VerifyAsync() => own.InScopeAsync(s => s.GetRequiredService<IAuditTrail>().VerifyAsync(Ct));
    }

    // The rewrite of July: a header exempted from all limits, passwords lay in clear, and any origin was let in with credentials.
    [Fact]
    public async Task Fault_29_a_private_address_is_limited_passwords_are_hashed_and_no_origin_is_let_in_by_default()
    {
        using var claims = app.NewBrowser("10.0.0.1");
        claims.IsPatient = false;
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => claims.GetAsync("/api/v1/quota")));
        Assert.Contains("rate_limit.exceeded", await Task.WhenAll(answers.Select(a => a.CodeAsync())));

        using var browser = await app.RegisterAsync();
        var user = await app.InScopeAsync(s => s.GetRequiredService<IMusicGenDbContext>().Users.AsNoTracking().Where(u => u.Username == browser.Username).SingleAsync(Ct));
        Assert.StartsWith("$argon2id$", user.PasswordHash, StringComparison.Ordinal);
        Assert.DoesNotContain(browser.Password, user.PasswordHash, StringComparison.Ordinal);

        foreach (var origin in new[] { "https://evil.example", "null" })
        {
            using var answer = await browser.SendAsync(HttpMethod.Get, "/api/v1/quota", headers: [("Origin", origin)]);
            Assert.Null(answer.Header("Access-Control-Allow-Origin"));
        }
    }

    private static async Task<long> ReadsLeftAsync(Browser client)
    {
        using var answer = await client.GetAsync("/api/v1/models");
        await answer.MustBeAsync(HttpStatusCode.OK);
        return long.Parse(answer.Header("X-RateLimit-Day-Remaining")!, CultureInfo.InvariantCulture);
    }
}
