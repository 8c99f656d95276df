using MusicGen.Application.Identity.Logout;
using MusicGen.Application.Identity.LogoutAll;
using MusicGen.Application.Identity.Refresh;
using MusicGen.Application.Identity.ReportReuse;
using MusicGen.Application.Pipeline;
using MusicGen.Application.Sessions;
using MusicGen.Application.Sessions.ListSessions;
using MusicGen.Application.Sessions.RevokeSession;
using MusicGen.Domain.Auditing;
using MusicGen.Domain.Identity;
using MusicGen.Domain.Sessions;
using MusicGen.Unit.Support;

namespace MusicGen.Unit.Application.Identity;

public sealed class SessionTests
{
    [Fact]
    public async Task A_refresh_reads_the_user_anew()
    {
        using var accounts = new AccountHarness();
        var user = accounts.AddUser();
        var session = new OpenSession(user.Id, SessionId.New(), 7, Remembered: true, "successor", TimeSpan.FromDays(30));
        accounts.Sessions.Rotations["current"] = session;

        var result = await accounts.SendAsync(new RefreshCommand("current"));

        Assert.Equal(user.Email.Value, result.Value.User.Email);
        Assert.Equal($"free {session.Id} 7", result.Value.AccessToken.Value);
        Assert.Equal("successor", result.Value.Session.RefreshToken);
        Assert.Null(result.Value.DeviceCookie);
    }

    [Fact]
    public async Task A_refresh_says_why_not()
    {
        using var accounts = new AccountHarness();
        var user = accounts.AddUser();
        accounts.InDatabase(db =>
        {
            db.Users.Single().Disable();
            db.SaveChanges();
        });
        var session = new OpenSession(user.Id, SessionId.New(), 7, Remembered: false, "successor", TimeSpan.FromDays(7));
        accounts.Sessions.Open.Add(new SessionReference(user.Id, session.Id));
        accounts.Sessions.Rotations["disabled"] = session;
        accounts.Sessions.Rotations["spent"] = SessionErrors.RefreshReused;

        Assert.Equal("auth.refresh_missing", await accounts.RefusalAsync(new RefreshCommand(null)));
        Assert.Equal("auth.refresh_reused", await accounts.RefusalAsync(new RefreshCommand("spent")));
        Assert.Equal("auth.refresh_invalid", await accounts.RefusalAsync(new RefreshCommand("disabled")));
        Assert.Empty(accounts.Sessions.Open);
    }

    [Fact]
    public async Task Logout_ends_the_session_that_any_of_the_tokens_names_and_blacklists_the_access_token()
    {
        using var accounts = new AccountHarness();
        var user = accounts.AddUser();
        var live = Open(accounts, user);
        var fromCookie = Open(accounts, user);
        var fromExpired = Open(accounts, user);
        accounts.Caller.Id = user.Id;
        accounts.Caller.Session = live.Session;
        accounts.Caller.AccessToken = new AccessTokenIdentity("the-jti", accounts.Clock.GetUtcNow());
        accounts.Sessions.RefreshTokens["cookie"] = fromCookie;

        var result = await accounts.SendAsync(new LogoutCommand("cookie", fromExpired));

        Assert.Equal(live.Session, result.Value.Session);
        Assert.Empty(accounts.Sessions.Open);
        Assert.Equal(["the-jti"], accounts.Tokens.Blacklisted);
    }

    [Fact]
    public async Task Logout_of_nobody_is_done_too()
    {
        using var accounts = new AccountHarness();

        var result = await accounts.SendAsync(new LogoutCommand("not ours"));

        Assert.Null(result.Value.Session);
        Assert.Empty(accounts.Tokens.Blacklisted);
    }

    [Theory]
    [InlineData(true, 2, 1)]
    [InlineData(false, 3, 0)]
    public async Task Logout_everywhere_may_keep_this_one(bool keepCurrent, int revoked, int left)
    {
        using var accounts = new AccountHarness();
        var user = accounts.AddUser();
        var current = Open(accounts, user);
        Open(accounts, user);
        Open(accounts, user);
        accounts.Caller.Id = user.Id;
        (accounts.Caller.Session, accounts.Caller.ProvedAt) = (current.Session, accounts.Clock.GetUtcNow());
        accounts.Caller.AccessToken = new AccessTokenIdentity("the-jti", accounts.Clock.GetUtcNow());

        var result = await accounts.SendAsync(new LogoutAllCommand(keepCurrent));

        Assert.Equal(revoked, result.Value.Revoked);
        Assert.Equal(left, accounts.Sessions.Open.Count);
        Assert.Equal(keepCurrent ? [] : ["the-jti"], accounts.Tokens.Blacklisted);
    }

    [Fact]
    public async Task Own_sessions_are_listed_and_revoked_and_nobody_elses()
    {
        using var accounts = new AccountHarness();
        var user = accounts.AddUser();
        var other = accounts.AddUser("eve@example.org", "eve_name");
        var current = Open(accounts, user);
        var foreign = Open(accounts, other);
        accounts.Caller.Id = user.Id;
        (accounts.Caller.Session, accounts.Caller.ProvedAt) = (current.Session, accounts.Clock.GetUtcNow());

        var list = await accounts.SendAsync(new ListSessionsQuery());

        Assert.Equal((current.Session.ToString(), true), (list.Value.Items.Single().Id, list.Value.Items.Single().Current));
        Assert.Equal("session.not_found", await accounts.RefusalAsync(new RevokeSessionCommand(foreign.Session.ToString())));
        Assert.Equal("session.not_found", await accounts.RefusalAsync(new RevokeSessionCommand("nonsense")));
        Assert.True((await accounts.SendAsync(new RevokeSessionCommand(current.Session.ToString()))).IsSuccess);
        Assert.Equal(foreign, Assert.Single(accounts.Sessions.Open));
    }

    [Fact]
    public async Task The_owner_is_told_of_a_spent_refresh_token_and_the_trail_names_its_session()
    {
        using var accounts = new AccountHarness();
        var ended = new SessionReference(accounts.AddUser().Id, SessionId.New());
        accounts.Sessions.Rotations["spent"] = SessionErrors.RefreshReused;
        accounts.Sessions.RefreshTokens["spent"] = ended;

        Assert.Equal("auth.refresh_reused", await accounts.RefusalAsync(new RefreshCommand("spent")));

        Assert.Equal(("ada@example.org", "A session was ended for safety"), (accounts.Mailer.Sent.Single().To, accounts.Mailer.Sent.Single().Subject));
        var outcome = accounts.Trail.Entries[^1];
        Assert.Equal(
            (AuditOutcome.Denied, "auth.refresh_reused", "token_refresh", $"session:{ended.Session}"),
            (outcome.Outcome, outcome.Reason, outcome.Event, outcome.Subject));
    }

    [Fact]
    public async Task The_owner_is_told_of_a_set_aside_access_token()
    {
        using var accounts = new AccountHarness();
        var (user, session) = (accounts.AddUser(), SessionId.New());
        accounts.Caller.Id = user.Id;

        Assert.True((await accounts.SendAsync(new ReportReuseCommand(user.Id, session))).IsSuccess);

        Assert.Equal("A session was ended for safety", accounts.Mailer.Sent.Single().Subject);
        Assert.All(accounts.Trail.Entries, e => Assert.Equal(
            ("sessions.reuse_detected", user.Id.ToString(), $"session:{session}"), (e.Action, e.Actor, e.Subject)));
    }

    private static SessionReference Open(AccountHarness accounts, User user)
    {
        var reference = new SessionReference(user.Id, SessionId.New());
        accounts.Sessions.Open.Add(reference);
        return reference;
    }
}
