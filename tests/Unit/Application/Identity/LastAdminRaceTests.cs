using MusicGen.Application.Identity.DeleteAccount;
using MusicGen.Application.Identity.DisableUser;
using MusicGen.Application.Identity.SetRole;
using MusicGen.Domain.Identity;
using MusicGen.Unit.Support;

namespace MusicGen.Unit.Application.Identity;

/// <summary>Administrators who remove each other at the same moment, each in a database context of their own.</summary>
public sealed class LastAdminRaceTests
{
    [Theory]
    [InlineData("demote", "demote")]
    [InlineData("demote", "disable")]
    [InlineData("disable", "delete")]
    [InlineData("delete", "demote")]
    [InlineData("delete", "delete")]
    public async Task Of_two_who_go_at_once_the_second_has_to_look_again_and_finds_itself_the_last(string first, string second)
    {
        using var accounts = new AccountHarness();
        var (ada, bob) = (Admin(accounts, "ada"), Admin(accounts, "bob"));
        var isDeletion = first == "delete" || second == "delete"; // which everybody does to themselves alone
        var (goesFirst, goesBetween) = isDeletion ? (bob, ada) : (ada, bob);
        accounts.SignIn(bob);
        var between = false;
        accounts.BeforeSaving(async () =>
        {
            accounts.SignIn(ada); // reads the same administrators as Bob did, and is done before he saves
            between = await GoAsync(accounts, second, goesBetween) is null;
            accounts.SignIn(bob);
        });

        var refusal = await GoAsync(accounts, first, goesFirst);

        Assert.True(between);
        Assert.Equal("service.unavailable", refusal);
        Assert.Equal(1, Admins(accounts));
        var left = accounts.FromDatabase(db => db.Users.Single(u => u.Role == Role.Admin && !u.IsDisabled));
        accounts.SignIn(left);
        Assert.Equal("user.last_admin", await GoAsync(accounts, first, left));
        Assert.Equal(1, Admins(accounts));
    }

    [Fact]
    public async Task Who_is_no_enabled_administrator_meets_nobody_there()
    {
        using var accounts = new AccountHarness();
        var ada = Admin(accounts, "ada");
        var (eve, dan) = (accounts.AddUser("eve@example.org", "eve"), accounts.AddUser("dan@example.org", "dan"));
        accounts.SignIn(ada);
        accounts.BeforeSaving(async () => Assert.Null(await GoAsync(accounts, "disable", dan)));

        Assert.Null(await GoAsync(accounts, "disable", eve));
        Assert.Equal(0, accounts.FromDatabase(db => db.AdminRoster.Single().Version));
    }

    private static async Task<string?> GoAsync(AccountHarness accounts, string how, User victim) => how switch
    {
        "demote" => Code(await accounts.SendAsync(new SetRoleCommand(victim.Id.ToString(), "user"))),
        "disable" => Code(await accounts.SendAsync(new DisableUserCommand(victim.Id.ToString()))),
        _ => Code(await accounts.SendAsync(new DeleteAccountCommand(AccountHarness.Password, Code: null))),
    };

    private static string? Code<T>(MusicGen.Domain.Result<T> result) => result.IsSuccess ? null : result.Error.Code;

    private static int Admins(AccountHarness accounts) => accounts.FromDatabase(db => db.Users.Count(u => u.Role == Role.Admin && !u.IsDisabled));

    private static User Admin(AccountHarness accounts, string name)
    {
        var user = accounts.AddUser($"{name}@example.org", name);
        accounts.InDatabase(db =>
        {
            db.Users.Single(u => u.Id == user.Id).ChangeRole(Role.Admin);
            db.SaveChanges();
        });
        return user;
    }
}
