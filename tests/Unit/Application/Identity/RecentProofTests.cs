using MusicGen.Application.Identity.DisableUser;
using MusicGen.Application.Identity.EnableUser;
using MusicGen.Application.Identity.EndSessions;
using MusicGen.Application.Identity.LogoutAll;
using MusicGen.Application.Identity.SetRole;
using MusicGen.Application.Identity.SetTier;
using MusicGen.Application.Sessions;
using MusicGen.Application.Sessions.RevokeSession;
using MusicGen.Domain.Identity;
using MusicGen.Domain.Sessions;
using MusicGen.Unit.Support;

namespace MusicGen.Unit.Application.Identity;

/// <summary>What asks for a sign-in or a step-up of the last quarter of an hour.</summary>
public sealed class RecentProofTests
{
    [Fact]
    public async Task Ending_other_sessions_takes_a_sign_in_or_a_step_up_of_the_last_quarter_of_an_hour()
    {
        using var accounts = new AccountHarness();
        var ada = accounts.SignIn(accounts.AddUser());
        var (phone, tablet) = (new SessionReference(ada.Id, SessionId.New()), new SessionReference(ada.Id, SessionId.New()));
        accounts.Sessions.Open.AddRange([phone, tablet]);

        accounts.Clock.Advance(TimeSpan.FromMinutes(15) - TimeSpan.FromSeconds(1));
        Assert.True((await accounts.SendAsync(new RevokeSessionCommand(phone.Session.ToString()))).IsSuccess);
        accounts.Clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal("auth.step_up_required", await accounts.RefusalAsync(new RevokeSessionCommand(tablet.Session.ToString())));
        Assert.Equal("auth.step_up_required", await accounts.RefusalAsync(new LogoutAllCommand(KeepCurrent: true)));
        Assert.Equal(2, accounts.Sessions.Open.Count);
        accounts.Caller.ProvedAt = accounts.Clock.GetUtcNow();
        Assert.Equal(1, (await accounts.SendAsync(new LogoutAllCommand(KeepCurrent: true))).Value.Revoked);
    }

    [Fact]
    public async Task Ones_own_session_ends_without()
    {
        using var accounts = new AccountHarness();
        accounts.SignIn(accounts.AddUser());
        accounts.Caller.ProvedAt = null;

        Assert.True((await accounts.SendAsync(new RevokeSessionCommand(accounts.Caller.Session.ToString()!))).IsSuccess);
        Assert.Empty(accounts.Sessions.Open);
    }

    [Fact]
    public async Task What_an_administrator_changes_takes_one_too_and_a_session_opened_by_old_tokens_is_none()
    {
        using var accounts = new AccountHarness();
        var eve = accounts.AddUser("eve@example.org", "eve").Id.ToString();
        accounts.SignIn(Admin(accounts));
        foreach (var provedAt in new DateTimeOffset?[] { null, accounts.Clock.GetUtcNow() - TimeSpan.FromMinutes(15) })
        {
            accounts.Caller.ProvedAt = provedAt;
            string[] codes =
            [
                await accounts.RefusalAsync(new SetRoleCommand(eve, "admin")), await accounts.RefusalAsync(new SetTierCommand(eve, "premium")),
                await accounts.RefusalAsync(new DisableUserCommand(eve)), await accounts.RefusalAsync(new EnableUserCommand(eve)),
                await accounts.RefusalAsync(new EndSessionsCommand(eve)),
            ];
            Assert.All(codes, code => Assert.Equal("auth.step_up_required", code));
        }

        accounts.Caller.ProvedAt = accounts.Clock.GetUtcNow();
        Assert.Equal("premium", (await accounts.SendAsync(new SetTierCommand(eve, "premium"))).Value.Tier);
    }

    [Fact]
    public async Task An_operator_and_a_token_with_the_admin_scope_have_no_session_to_prove()
    {
        using var accounts = new AccountHarness();
        var eve = accounts.AddUser("eve@example.org", "eve").Id.ToString();
        var ada = Admin(accounts);
        foreach (var caller in new UserId?[] { null, ada.Id })
        {
            (accounts.Caller.Id, accounts.Caller.Session, accounts.Caller.ProvedAt) = (caller, null, null);
            Assert.True((await accounts.SendAsync(new SetTierCommand(eve, "premium"))).IsSuccess);
        }
    }

    private static User Admin(AccountHarness accounts)
    {
        var ada = accounts.AddUser();
        accounts.InDatabase(db =>
        {
            db.Users.Single(u => u.Id == ada.Id).ChangeRole(Role.Admin);
            db.SaveChanges();
        });
        return ada;
    }
}
