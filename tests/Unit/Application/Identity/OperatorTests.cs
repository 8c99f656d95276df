using MusicGen.Application.Identity.CreateUser;
using MusicGen.Application.Identity.DisableUser;
using MusicGen.Application.Identity.EnableUser;
using MusicGen.Application.Identity.EndSessions;
using MusicGen.Application.Identity.GetMe;
using MusicGen.Application.Identity.ListUsers;
using MusicGen.Application.Identity.SetRole;
using MusicGen.Application.Identity.SetTier;
using MusicGen.Application.Sessions;
using MusicGen.Domain.Identity;
using MusicGen.Domain.Sessions;
using MusicGen.Unit.Support;

namespace MusicGen.Unit.Application.Identity;

public sealed class OperatorTests
{
    [Fact]
    public async Task A_user_made_by_an_operator_is_verified_and_pro_means_premium()
    {
        using var accounts = new AccountHarness(open: false, verified: true);

        var made = await accounts.SendAsync(new CreateUserCommand("ada@example.org", "ada_l", AccountHarness.Password, "admin", "pro"));

        Assert.Equal(("admin", "premium", true, false), (made.Value.Role, made.Value.Tier, made.Value.IsVerified, made.Value.IsDisabled));
        Assert.Equal("auth.email_taken", await accounts.RefusalAsync(new CreateUserCommand("ADA@example.org", "another", AccountHarness.Password, null, null)));
        Assert.Equal("auth.username_taken", await accounts.RefusalAsync(new CreateUserCommand("eve@example.org", "ADA_L", AccountHarness.Password, null, null)));
    }

    [Fact]
    public async Task Tier_role_and_standing_are_written_and_then_put_in_force()
    {
        using var accounts = new AccountHarness();
        var user = accounts.AddUser();
        accounts.Sessions.Open.Add(new SessionReference(user.Id, SessionId.New()));

        Assert.Equal("enterprise", (await accounts.SendAsync(new SetTierCommand("Ada@example.org", "enterprise"))).Value.Tier);
        Assert.Equal("admin", (await accounts.SendAsync(new SetRoleCommand(user.Id.ToString(), "admin"))).Value.Role);
        Assert.True((await accounts.SendAsync(new DisableUserCommand("ada@example.org"))).Value.IsDisabled);
        Assert.Empty(accounts.Sessions.Open);
        Assert.False((await accounts.SendAsync(new EnableUserCommand("ada@example.org"))).Value.IsDisabled);

        Assert.Equal(4, accounts.Sessions.Refreshed.Count);
        var stored = accounts.FromDatabase(db => db.Users.Single());
        Assert.Equal((Role.Admin, Tier.Enterprise), (stored.Role, stored.Tier));
        Assert.Equal($"user:{user.Id}", accounts.Trail.Entries[1].Subject);
    }

    [Fact]
    public async Task An_unknown_user_or_tier_is_named()
    {
        using var accounts = new AccountHarness();

        Assert.Equal("user.not_found", await accounts.RefusalAsync(new SetTierCommand("nobody@example.org", "free")));
        var wrong = await accounts.SendAsync(new SetTierCommand("nobody@example.org", "gold"));
        Assert.Equal(["tier"], wrong.Error.Fields!.Keys);
    }

    [Fact]
    public async Task Sessions_end_for_one_or_for_everybody()
    {
        using var accounts = new AccountHarness();
        var ada = accounts.AddUser();
        var eve = accounts.AddUser("eve@example.org", "eve_name");
        accounts.Sessions.Open.AddRange([new(ada.Id, SessionId.New()), new(ada.Id, SessionId.New()), new(eve.Id, SessionId.New())]);

        Assert.Equal(2, (await accounts.SendAsync(new EndSessionsCommand("ada@example.org"))).Value.Revoked);
        Assert.Equal(1, (await accounts.SendAsync(new EndSessionsCommand(null))).Value.Revoked);
        Assert.Equal("everybody", accounts.Trail.Entries[^1].Subject);
    }

    [Fact]
    public async Task Pages_of_users_neither_overlap_nor_skip()
    {
        using var accounts = new AccountHarness();
        foreach (var name in new[] { "delta", "Alpha", "charlie", "Bravo", "echo_" })
            accounts.AddUser($"{name}@example.org", name);

        var names = new List<string>();
        string? cursor = null;
        do
        {
            var page = (await accounts.SendAsync(new ListUsersQuery(2, cursor))).Value;
            Assert.InRange(page.Items.Count, 1, 2);
            names.AddRange(page.Items.Select(u => u.Username));
            cursor = page.NextCursor;
        }
        while (cursor is not null);

        Assert.Equal(["Alpha", "Bravo", "charlie", "delta", "echo_"], names);
    }

    [Fact]
    public async Task The_caller_sees_the_account_as_it_is_now()
    {
        using var accounts = new AccountHarness();
        accounts.Caller.Id = accounts.AddUser().Id;
        await accounts.SendAsync(new SetTierCommand("ada@example.org", "premium"));

        Assert.Equal("premium", (await accounts.SendAsync(new GetMeQuery())).Value.Tier);
    }

    [Fact]
    public async Task Of_a_sessions_caller_the_names_are_remembered_and_role_and_tier_never()
    {
        using var accounts = new AccountHarness();
        var user = accounts.AddUser();
        (accounts.Caller.Id, accounts.Caller.Session) = (user.Id, SessionId.New());
        await accounts.SendAsync(new GetMeQuery());
        (accounts.Caller.Role, accounts.Caller.Tier) = (Role.Admin, Tier.Enterprise); // what the gate says of the next request

        var me = (await accounts.SendAsync(new GetMeQuery())).Value;

        Assert.Equal((user.Email.Value, user.Username, "enterprise", "admin"), (me.Email, me.Username, me.Tier, Assert.Single(me.Roles)));
    }

    [Fact]
    public async Task Of_a_scripts_caller_the_account_is_told_whatever_the_token_may()
    {
        using var accounts = new AccountHarness();
        (accounts.Caller.Id, accounts.Caller.Session) = (accounts.AddUser().Id, SessionId.New());
        await accounts.SendAsync(new GetMeQuery());
        await accounts.SendAsync(new SetTierCommand("ada@example.org", "premium"));
        accounts.Caller.Session = null;

        Assert.Equal("premium", (await accounts.SendAsync(new GetMeQuery())).Value.Tier);
    }
}
