using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using MusicGen.Application.Auditing;
using MusicGen.Application.Persistence;
using MusicGen.Domain;
using MusicGen.Domain.Auditing;
using MusicGen.Integration.Support;
using MusicGen.WebApi.Security;

namespace MusicGen.Integration.Auditing;

/// <summary>What the edge refuses leaves a trace, and a flood of it leaves a number.</summary>
public sealed class EdgeRefusalTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_flood_of_refusals_is_a_few_entries_and_a_count()
    {
        var database = new DatabaseOf();
        await using (var app = await database.StartAsync(("RATE_LIMIT_FREE_MINUTE", "100000"), ("RATE_LIMIT_FREE_HOUR", "100000"), ("RATE_LIMIT_FREE_DAY", "100000"), ("RATE_LIMIT_FREE_BURST", "100000")))
        {
            using var browser = app.NewBrowser("203.0.113.77");
            await Parallel.ForAsync(0, 500, Ct, async (_, _) =>
            {
                using var refused = await browser.SendAsync(HttpMethod.Post, "/api/auth/login", csrf: false);
                Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
            });

            await app.DisposeHostAsync(); // what was counted until now is told
            var entries = await database.EntriesAsync("edge.csrf");

            Assert.Equal(4, entries.Count);
            Assert.All(entries, e => Assert.Equal(("csrf.missing", AuditOutcome.Denied), (e.Reason, e.Outcome)));
            Assert.Equal(["POST api/auth/login", "POST api/auth/login", "POST api/auth/login", "count:497"], entries.Select(e => e.Subject));
            Assert.All(entries, e => Assert.Equal("203.0.113.77", e.Address));
        }
    }

    [Fact]
    public async Task A_flood_from_many_addresses_is_bounded_and_nothing_goes_uncounted()
    {
        var trail = new Recorder();
        using (var refusals = new EdgeRefusals(trail, TimeProvider.System, NullLogger<EdgeRefusals>.Instance))
        {
            await refusals.StartAsync(Ct);
            for (var i = 0; i < 2000; i++)
            {
                var context = new DefaultHttpContext();
                context.Features.Set(new ClientAddress(new IPAddress([198, 18, (byte)(i / 250), (byte)(i % 250)]), "http", SchemeIsVouched: false, HasUntrustedHeader: false));
                refusals.Note(context, new Error("csrf.missing", "", ErrorKind.Forbidden));
                refusals.Note(context, new Error("generation.not_found", "", ErrorKind.NotFound)); // not the edge's
            }

            await refusals.StopAsync(Ct);
        }

        var counts = trail.Records.Where(r => r.Subject is not null).Select(r => int.Parse(r.Subject!["count:".Length..], CultureInfo.InvariantCulture)).ToList();
        Assert.Equal(EdgeRefusals.OfAKind, trail.Records.Count(r => r.Subject is null));
        Assert.Equal(EdgeRefusals.OfAKind + 1, counts.Count);
        Assert.Equal(2000 - EdgeRefusals.OfAKind, counts.Sum());
    }

    [Fact]
    public async Task Each_kind_of_refusal_has_its_action_its_reason_and_the_originals_event()
    {
        var database = new DatabaseOf();
        await using var app = await database.StartAsync(("RATE_LIMIT_FREE_BURST", "3"));
        using var user = await app.RegisterAsync();
        using var stranger = app.NewBrowser("203.0.113.78");
        stranger.IsPatient = false;

        await user.GetAsync("/api/v1/admin/users");
        await stranger.SendAsync(HttpMethod.Get, "/api/v1/quota", headers: [("Authorization", "Bearer nonsense")]);
        await stranger.SendAsync(HttpMethod.Options, "/api/v1/quota", headers: [("Origin", "https://evil.example"), ("Access-Control-Request-Method", "GET")]);
        await stranger.SendAsync(HttpMethod.Get, "/api/v1/models", headers: [("Host", "evil.example")]);
        for (var i = 0; i < 60; i++)
            await stranger.PostAsync("/api/auth/logout");
        await app.DisposeHostAsync();

        var kinds = (await database.EntriesAsync("edge.")).Select(e => (e.Action, e.Reason, e.Event)).Distinct().ToList();
        Assert.All(
            new (string, string?, string?)[]
            {
                ("edge.cors", "cors.origin_refused", null), ("edge.host", "request.host", null), ("edge.limit", "rate_limit.exceeded", "rate_limit_exceeded"),
                ("edge.role", "auth.forbidden", "authorization"), ("edge.token", "auth.token_invalid", "token_validation"),
            },
            kind => Assert.Contains(kind, kinds));
    }

    [Fact]
    public async Task Asking_for_the_trail_by_address_subject_and_time_finds_the_entry_and_never_an_address_in_clear()
    {
        await using var app = await MusicGenApp.StartAsync();
        using var admin = await app.RegisterAsync();
        await app.InScopeAsync(async services =>
        {
            var db = services.GetRequiredService<IMusicGenDbContext>();
            var user = await db.Users.SingleAsync(Ct);
            user.ChangeRole(Domain.Identity.Role.Admin);
            await db.SaveChangesAsync(Ct);
            await services.GetRequiredService<Application.Sessions.ISessionStore>().RefreshAccountAsync(user, Ct);
            return user;
        });

        var byEmail = await SearchAsync(admin, $"email={Uri.EscapeDataString(admin.Email.ToUpperInvariant())}&action=identity.register&outcome=succeeded");
        var byAddress = await SearchAsync(admin, $"address={admin.Address}&action=identity.register");
        var later = await SearchAsync(admin, "until=2020-01-01T00:00:00Z");
        var subject = byEmail["items"]![0]!["subject"]!.GetValue<string>();

        Assert.Single(byEmail["items"]!.AsArray());
        Assert.Equal(2, byAddress["items"]!.AsArray().Count);
        Assert.Empty(later["items"]!.AsArray());
        Assert.Single((await SearchAsync(admin, $"subject={subject}&action=identity.register"))["items"]!.AsArray());
        Assert.DoesNotContain(admin.Email, (await SearchAsync(admin, "limit=200")).ToJsonString(), StringComparison.OrdinalIgnoreCase);
    }

    private static async Task<JsonNode> SearchAsync(Browser admin, string query)
    {
        using var answer = await admin.GetAsync($"/api/v1/admin/audit?{query}");
        await answer.MustBeAsync(HttpStatusCode.OK);
        return await answer.JsonAsync();
    }

    private sealed class Recorder : IAuditTrail
    {
        public List<AuditRecord> Records { get; } = [];

        public Task AppendAsync(AuditRecord record, CancellationToken ct)
        {
            Records.Add(record);
            return Task.CompletedTask;
        }

        public string HashEmail(string email) => throw new NotSupportedException();

        public Task<AuditVerification> VerifyAsync(CancellationToken ct) => throw new NotSupportedException();

        public Task<AuditTrim?> TrimAsync(DateTimeOffset before, CancellationToken ct) => throw new NotSupportedException();

        public Task<long?> AdoptAsync(CancellationToken ct) => throw new NotSupportedException();
    }

    /// <summary>A server whose database can still be read after it has stopped.</summary>
    private sealed class DatabaseOf
    {
        private MusicGenApp? _app;

        public async Task<MusicGenApp> StartAsync(params (string Name, string Value)[] variables) => _app = await MusicGenApp.StartAsync(variables);

        public async Task<List<AuditEntry>> EntriesAsync(string action)
        {
            await _app!.InitializeAsync();
            return await _app.InScopeAsync(services => services.GetRequiredService<IMusicGenDbContext>().AuditEntries
                .AsNoTracking().Where(e => e.Action.StartsWith(action)).OrderBy(e => e.Sequence).ToListAsync(Ct));
        }
    }
}
