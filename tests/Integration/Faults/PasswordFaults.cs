using System.Net;
using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using MusicGen.Application.Persistence;
using MusicGen.Domain.Identity;
using MusicGen.Infrastructure.Identity;
using MusicGen.Infrastructure.Redis;
using MusicGen.Integration.Edge;
using MusicGen.Integration.Identity;
using MusicGen.Integration.Support;
using MusicGen.WebApi.Configuration;

namespace MusicGen.Integration.Faults;

/// <summary>What the original service did wrong with passwords and with those who guess them, by the number of the fault.</summary>
public sealed class PasswordFaults(EdgeApp edge, RedisServers servers)
{
    private const string Wrong = "not the password at all";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Fault_02_there_is_no_account_that_nobody_made_and_no_password_that_opens_every_door()
    {
        await using var app = await MusicGenApp.StartAsync();
        using var browser = app.NewBrowser();

        using var login = await browser.LoginAsync("user@example.com", "password123");
        await login.MustBeProblemAsync(HttpStatusCode.Unauthorized, "auth.invalid_credentials");
        Assert.Equal(0, await app.InScopeAsync(s => Task.FromResult(s.GetRequiredService<IMusicGenDbContext>().Users.Count())));

        using var registered = await browser.RegisterAsync("user@example.com");
        await registered.MustBeAsync(HttpStatusCode.Created);
        using var again = await app.NewBrowser().LoginAsync("user@example.com", "password123");
        await again.MustBeProblemAsync(HttpStatusCode.Unauthorized, "auth.invalid_credentials");
    }

    [Fact]
    public async Task Fault_15_who_makes_up_X_Forwarded_For_escapes_no_limit_and_shuts_nobody_out()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux has a second loopback address, for a peer that is no trusted proxy.");
        var victims = $"203.0.113.{Random.Shared.Next(1, 255)}";
        var peer = IPAddress.Parse($"127.0.{Random.Shared.Next(1, 255)}.2");

        // A new made-up address for each failure, as rotating it would do, and then the victim's own.
        for (var i = 0; i < 20; i++)
        {
            using var attacker = new Browser(edge.App.Address, i % 2 == 0 ? victims : $"198.51.100.{i}", peer);
            using var answer = await attacker.LoginAsync($"{i}-{Guid.NewGuid():N}@example.org", Wrong);
            await answer.MustBeProblemAsync(HttpStatusCode.Unauthorized, "auth.invalid_credentials");
        }

        using var caught = new Browser(edge.App.Address, "198.51.100.99", peer);
        using var refused = await caught.LoginAsync("somebody@example.org", Wrong);
        await refused.MustBeProblemAsync(HttpStatusCode.TooManyRequests, "auth.too_many_attempts");

        using var victim = new Browser(edge.App.Address, victims); // by the trusted proxy
        using var registered = await victim.RegisterAsync();
        await registered.MustBeAsync(HttpStatusCode.Created);
        using var inside = await victim.LoginAsync();
        await inside.MustBeAsync(HttpStatusCode.OK);
    }

    // The original forgot every failure when its quarter of an hour was over: 2,000 of 2,000 guesses went through.
    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task Fault_18_an_attacker_gets_no_more_guesses_when_the_lockout_ends(RedisKind kind)
    {
        var redis = await servers.NodeAsync(kind);
        var clock = new FakeTimeProvider(new DateTimeOffset(2026, 5, 1, 12, 0, 0, TimeSpan.Zero));
        var victim = Email.Normalise($"{Guid.CreateVersion7():N}@example.org");
        async Task<int> GuessesAsync(int tries)
        {
            var guesses = 0;
            foreach (var crowd in Enumerable.Range(0, tries).Chunk(50))
                guesses += (await Task.WhenAll(crowd.Select(i => Throttle(i).BeginAsync(victim, Ct)))).Count(a => a.IsAllowed);
            return guesses;
        }

        RedisSignInThrottle Throttle(int i) => new(
            redis.GetDatabase(), new RedisClock(clock), new TestAuthenticator(), new SignInThrottleTests.Caller(null, $"2001:db8:{Random.Shared.Next(0x10000):x}:{i:x}::1"),
            Options.Create(new SignInThrottleOptions()));

        Assert.Equal(20, await GuessesAsync(100));
        clock.Advance(TimeSpan.FromMinutes(15) + TimeSpan.FromSeconds(1));
        Assert.Equal(20, await GuessesAsync(2000)); // the next quarter of an hour's, not 2,000

        var inADay = 40;
        for (var hour = 1; hour < 23; hour++)
        {
            clock.Advance(TimeSpan.FromHours(1));
            inADay += await GuessesAsync(25);
        }

        Assert.Equal(100, inADay);
    }

    [Fact]
    public async Task Fault_19_bad_tokens_shut_out_nobody_not_even_at_sign_in()
    {
        using var neighbour = await edge.RegisterAsync();
        using var client = new HttpClient { BaseAddress = edge.App.Address };
        client.DefaultRequestHeaders.Add("X-Forwarded-For", neighbour.Address);
        client.DefaultRequestHeaders.Add("Authorization", "Bearer this.is.junk");
        for (var i = 0; i < 30; i++)
        {
            using var bad = await client.GetAsync(new Uri("/api/v1/quota", UriKind.Relative), Ct);
            await bad.MustBeProblemAsync(HttpStatusCode.Unauthorized, "auth.token_invalid");
        }

        using var quota = await neighbour.GetAsync("/api/v1/quota");
        await quota.MustBeAsync(HttpStatusCode.OK);
        using var stranger = edge.NewBrowser(neighbour.Address);
        using var models = await stranger.GetAsync("/api/v1/models");
        await models.MustBeAsync(HttpStatusCode.OK);
        using var login = await stranger.LoginAsync(neighbour.Email, neighbour.Password);
        await login.MustBeAsync(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Fault_26_without_a_word_about_it_every_cookie_is_secure_and_this_hosts_alone()
    {
        // Neither ENVIRONMENT nor ASPNETCORE_ENVIRONMENT names one.
        (string, string)[] settings =
        [
            ("ENVIRONMENT", string.Empty), ("JWT_SECRET_KEY", "q7Zr1vX0mT4kB9sW2nHf8dLc6yEa3pGu"), ("PUBLIC_URL", "https://music.test"),
            ("ALLOW_EMBEDDED_REDIS", "true"), ("EMAIL_VERIFICATION", "off"),
        ];
        await using var app = await MusicGenApp.StartAsync(settings);
        using var client = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = app.Address }; // no cookie jar keeps Secure ones over http
        using var begun = await client.GetAsync(new Uri("/api/auth/csrf-token", UriKind.Relative), Ct);
        var token = (await begun.JsonAsync())["csrfToken"]!.GetValue<string>();
        client.DefaultRequestHeaders.Add("Cookie", $"__Host-csrf_token={token}");
        client.DefaultRequestHeaders.Add("X-CSRF-Token", token);

        using var registered = await client.PostAsJsonAsync(
            new Uri("/api/auth/register", UriKind.Relative), new { email = "ada@example.org", username = "ada_l", password = Browser.DefaultPassword }, Ct);

        await registered.MustBeAsync(HttpStatusCode.Created);
        var cookies = registered.Headers.GetValues("Set-Cookie").Select(c => c.Split("; ")).ToList();
        Assert.Equal(
            ["__Host-auth_token", "__Host-csrf_token", "__Host-device_id", "__Host-refresh_token"],
            cookies.Select(c => c[0].Split('=')[0]).Order(StringComparer.Ordinal));
        Assert.All(cookies, cookie =>
        {
            Assert.Contains("secure", cookie, StringComparer.OrdinalIgnoreCase);
            Assert.Contains("path=/", cookie, StringComparer.OrdinalIgnoreCase);
            Assert.Contains("samesite=strict", cookie, StringComparer.OrdinalIgnoreCase);
            Assert.DoesNotContain(cookie, part => part.StartsWith("domain", StringComparison.OrdinalIgnoreCase));
        });

        var refused = await Assert.ThrowsAsync<StartRefusedException>(() => MusicGenApp.StartAsync([.. settings, ("COOKIE_DOMAIN", "music.test")]));
        Assert.StartsWith("COOKIE_DOMAIN: ", Assert.Single(refused.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public void Fault_28_every_test_asserts_something()
    {
        var (all, idle) = TestSources.Judge(TestSources.Read());

        Assert.True(all.Count > 400, $"Only {all.Count} tests were found.");
        Assert.Empty(idle);
    }

    [Fact]
    public void Fault_28_a_test_that_asserts_nothing_is_found()
    {
        const string Fact = "[Fact]"; // written so that this text itself is no test to be judged
        const string Planted =
            $$"""
            public class Planted
            {
                {{Fact}}
                public void Passes() { }

                {{Fact}}
                public async Task Only_looks() => Console.WriteLine(await LookAsync());

                {{Fact}}
                [InlineData(1)]
                public async Task Asks_a_helper(int x) => await HelpAsync(x);

                {{Fact}}
                public void Asserts_itself()
                {
                    if (true) { Work(); }
                    Assert.True(false);
                }

                private static Task<string> LookAsync() => Task.FromResult("all passed!");

                private static Task HelpAsync(int x)
                {
                    return AgainAsync(x);
                }

                private static Task AgainAsync(int x) { Assert.Equal(1, x); return Task.CompletedTask; }
            }
            """;

        var (all, idle) = TestSources.Judge([Planted]);

        Assert.Equal(["Passes", "Only_looks", "Asks_a_helper", "Asserts_itself"], all);
        Assert.Equal(["Passes", "Only_looks"], idle);
    }
}
