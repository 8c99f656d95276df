using System.Net;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using MusicGen.Domain.Auditing;
using MusicGen.Domain.Identity;
using MusicGen.Domain.Sessions;
using MusicGen.Infrastructure.Persistence;
using MusicGen.Infrastructure.Redis;
using MusicGen.Integration.Edge;
using MusicGen.Integration.Support;
using StackExchange.Redis;

namespace MusicGen.Integration.Identity;

/// <summary>What the owner of an account is told by mail, and the trail by an entry: strange devices and spent tokens.</summary>
public sealed class OwnerNoticesTests(EdgeApp edge)
{
    private const string Firefox = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0";
    private const string NewDevice = "A new device signed in";
    private const string Reused = "A session was ended for safety";

    [Fact]
    public async Task A_sign_in_on_a_strange_browser_is_told_and_one_on_a_known_browser_is_not()
    {
        using var known = await edge.RegisterAsync();
        using (var again = await known.LoginAsync())
            await again.MustBeAsync(HttpStatusCode.OK);

        using var strange = edge.NewBrowser();
        var body = System.Net.Http.Json.JsonContent.Create(new { email = known.Email, password = known.Password });
        using (var answer = await strange.SendAsync(HttpMethod.Post, "/api/auth/login", body, headers: [("User-Agent", Firefox)]))
            await answer.MustBeAsync(HttpStatusCode.OK);

        var mail = Assert.Single(await edge.App.MailsAsync(known.Email, NewDevice));
        Assert.Contains($"Firefox on Windows, from {strange.Address}", mail, StringComparison.Ordinal);
        using var list = await known.GetAsync("/api/auth/sessions");
        Assert.Contains((await list.JsonAsync())["items"]!.AsArray(), s => s!["device"]!.GetValue<string>() == "Firefox on Windows");
        await strange.FetchTokenAsync(); // its session's, since the sign-in went by hand
        using var third = await strange.LoginAsync(known.Email);
        await third.MustBeAsync(HttpStatusCode.OK);
        await SettleAsync(known);
        Assert.Single(await edge.App.MailsAsync(known.Email, NewDevice));
    }

    [Fact]
    public async Task With_a_second_factor_it_is_told_after_the_factor_and_not_after_the_password()
    {
        using var owner = await edge.RegisterAsync();
        var app = await owner.EnableTotpAsync();
        using var strange = edge.NewBrowser();

        var challenge = await strange.ChallengeAsync(owner.Email);
        await SettleAsync(owner);
        Assert.Empty(edge.App.Mails(owner.Email, NewDevice));
        using var answer = await strange.SecondFactorAsync(challenge, recoveryCode: app.RecoveryCodes[0]);
        await answer.MustBeAsync(HttpStatusCode.OK);

        Assert.Single(await edge.App.MailsAsync(owner.Email, NewDevice));
    }

    [Fact]
    public async Task A_spent_refresh_token_is_told_and_recorded_with_its_session()
    {
        using var owner = await edge.RegisterAsync();
        using var thief = owner.Copy("203.0.113.66");
        var session = await SessionAsync(owner);
        for (var i = 0; i < 2; i++)
        {
            using var refreshed = await owner.RefreshAsync();
            await refreshed.MustBeAsync(HttpStatusCode.OK);
        }

        using var replay = await thief.RefreshAsync();
        await replay.MustBeProblemAsync(HttpStatusCode.Unauthorized, "auth.refresh_reused");

        var mail = Assert.Single(await edge.App.MailsAsync(owner.Email, Reused));
        Assert.Contains("from 203.0.113.66", mail, StringComparison.Ordinal);
        var entry = Assert.Single(await EntriesAsync(session, "identity.refresh"), e => e.Outcome == AuditOutcome.Denied);
        Assert.Equal(("auth.refresh_reused", "token_refresh"), (entry.Reason, entry.Event));
    }

    [Fact]
    public async Task A_set_aside_access_token_is_told_and_recorded_and_ends_the_session()
    {
        using var owner = await edge.RegisterAsync();
        var session = await SessionAsync(owner);
        var user = (await owner.SessionAsync())["user"]!["id"]!.GetValue<string>();
        using var thief = owner.Copy();
        using (var lost = await thief.RefreshAsync())
            await lost.MustBeAsync(HttpStatusCode.OK);

        // A minute passes without an answer for the owner, who then gets another successor; the thief's is set aside.
        Assert.True(UserId.TryParse(user, out var id));
        await edge.App.Services.GetRequiredService<IDatabase>().HashSetAsync(RedisKeys.Session(id, session), "asked", 0);
        using (var next = await owner.RefreshAsync())
            await next.MustBeAsync(HttpStatusCode.OK);

        using (var stolen = await thief.GetAsync("/api/v1/quota"))
            await stolen.MustBeProblemAsync(HttpStatusCode.Unauthorized, "auth.token_invalid");

        using (var quota = await owner.GetAsync("/api/v1/quota"))
            await quota.MustBeProblemAsync(HttpStatusCode.Unauthorized, "auth.session_ended");
        Assert.Single(await edge.App.MailsAsync(owner.Email, Reused));
        var entries = await EntriesAsync(session, "sessions.reuse_detected");
        Assert.Equal([AuditOutcome.Attempted, AuditOutcome.Succeeded], entries.Select(e => e.Outcome));
        Assert.All(entries, e => Assert.Equal((user, thief.Address), (e.Actor, e.Address)));
    }

    private static async Task<SessionId> SessionAsync(Browser browser)
    {
        using var list = await browser.GetAsync("/api/auth/sessions");
        return new SessionId((await list.JsonAsync())["items"]![0]!["id"]!.GetValue<string>());
    }

    private Task<List<AuditEntry>> EntriesAsync(SessionId session, string action) => edge.App.InScopeAsync(s =>
        s.GetRequiredService<MusicGenDbContext>().AuditEntries.AsNoTracking()
            .Where(e => e.Subject == $"session:{session}" && e.Action == action).OrderBy(e => e.Sequence).ToListAsync());

    // Mail leaves in order: when a later one is there, an earlier one would be too.
    private async Task SettleAsync(Browser owner)
    {
        using var forgot = await edge.NewBrowser().PostAsync("/api/auth/forgot-password", new { email = owner.Email });
        await forgot.MustBeAsync(HttpStatusCode.OK);
        await edge.App.MailsAsync(owner.Email, "Set a new password");
    }
}
