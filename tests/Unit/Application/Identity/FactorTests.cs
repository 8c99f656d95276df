using MusicGen.Application.Identity;
using MusicGen.Application.Identity.AddPasskey;
using MusicGen.Application.Identity.BeginTotp;
using MusicGen.Application.Identity.DisableTotp;
using MusicGen.Application.Identity.EnableTotp;
using MusicGen.Application.Identity.GetFactors;
using MusicGen.Application.Identity.GetNewPasskeyOptions;
using MusicGen.Application.Identity.RemoveFactors;
using MusicGen.Application.Identity.RemovePasskey;
using MusicGen.Application.Identity.RenewRecoveryCodes;
using MusicGen.Application.Identity.ResealKeys;
using MusicGen.Domain.Identity;
using MusicGen.Infrastructure.Identity;
using MusicGen.Unit.Support;
using MusicGen.WebApi.Controllers;

namespace MusicGen.Unit.Application.Identity;

/// <summary>Second factors come and go; each change needs a step-up and is told to the owner.</summary>
public sealed class FactorTests
{
    [Fact]
    public async Task An_authenticator_app_is_on_when_its_first_code_was_right_and_brings_recovery_codes()
    {
        using var accounts = new AccountHarness();
        accounts.SignIn(accounts.AddUser());

        var app = (await accounts.SendAsync(new BeginTotpCommand())).Value;
        Assert.False((await accounts.SendAsync(new GetFactorsQuery())).Value.Totp.Enabled);
        var wrong = await accounts.SendAsync(new EnableTotpCommand("000000"));
        var enabled = await accounts.SendAsync(new EnableTotpCommand(Now(accounts, app)));

        Assert.Equal(["code"], wrong.Error.Fields!.Keys);
        Assert.Equal(RecoveryCode.Count, enabled.Value.RecoveryCodes!.Distinct().Count());
        Assert.Equal(accounts.Clock.GetUtcNow(), (await accounts.SendAsync(new GetFactorsQuery())).Value.Totp.ConfirmedAt);
        Assert.Equal("Your second factors were changed", Assert.Single(accounts.Mailer.Sent).Subject);
        Assert.Equal("auth.factor_exists", await accounts.RefusalAsync(new BeginTotpCommand()));
        Assert.Equal("factor.not_found", await accounts.RefusalAsync(new EnableTotpCommand(Now(accounts, app))));
    }

    [Fact]
    public async Task Nothing_readable_is_kept_of_seeds_and_recovery_codes()
    {
        using var accounts = new AccountHarness();
        accounts.SignIn(accounts.AddUser());

        var (app, codes) = await EnableAsync(accounts);

        Assert.DoesNotContain(app.Secret, accounts.FromDatabase(db => db.AuthenticatorApps.Single().SealedSeed), StringComparison.Ordinal);
        var kept = accounts.FromDatabase(db => db.RecoveryCodes.Select(c => c.CodeHash).ToList());
        Assert.Equal(codes.Select(RecoveryCodeText.Hash).Order(StringComparer.Ordinal), kept.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Asking_again_replaces_the_seed_that_waits()
    {
        using var accounts = new AccountHarness();
        accounts.SignIn(accounts.AddUser());
        var first = (await accounts.SendAsync(new BeginTotpCommand())).Value;
        var second = (await accounts.SendAsync(new BeginTotpCommand())).Value;

        Assert.Equal("request.invalid", await accounts.RefusalAsync(new EnableTotpCommand(Now(accounts, first))));
        Assert.True((await accounts.SendAsync(new EnableTotpCommand(Now(accounts, second)))).IsSuccess);
    }

    [Fact]
    public async Task Recovery_codes_come_with_the_first_factor_only_and_go_with_the_last()
    {
        using var accounts = new AccountHarness();
        accounts.SignIn(accounts.AddUser());
        var passkey = await AddPasskeyAsync(accounts, "key");
        Assert.NotNull(passkey.RecoveryCodes);
        var app = (await accounts.SendAsync(new BeginTotpCommand())).Value;
        Assert.Null((await accounts.SendAsync(new EnableTotpCommand(Now(accounts, app)))).Value.RecoveryCodes);

        Assert.True((await accounts.SendAsync(new RemovePasskeyCommand(passkey.Passkey.Id.ToString()))).IsSuccess);
        Assert.Equal(10, (await accounts.SendAsync(new GetFactorsQuery())).Value.RecoveryCodes.Remaining);
        Assert.True((await accounts.SendAsync(new DisableTotpCommand())).IsSuccess);

        var left = (await accounts.SendAsync(new GetFactorsQuery())).Value;
        Assert.Equal((false, 0, 0), (left.Totp.Enabled, left.RecoveryCodes.Remaining, left.Passkeys.Count));
        Assert.Equal(4, accounts.Mailer.Sent.Count);
        Assert.Equal("factor.not_found", await accounts.RefusalAsync(new DisableTotpCommand()));
        Assert.Equal("factor.not_found", await accounts.RefusalAsync(new RemovePasskeyCommand(passkey.Passkey.Id.ToString())));
    }

    [Fact]
    public async Task New_recovery_codes_take_the_place_of_all()
    {
        using var accounts = new AccountHarness();
        accounts.SignIn(accounts.AddUser());
        Assert.Equal("factor.not_found", await accounts.RefusalAsync(new RenewRecoveryCodesCommand()));
        var (_, old) = await EnableAsync(accounts);

        var fresh = (await accounts.SendAsync(new RenewRecoveryCodesCommand())).Value.RecoveryCodes;

        Assert.Empty(fresh.Intersect(old));
        Assert.Equal(10, accounts.FromDatabase(db => db.RecoveryCodes.Count()));
    }

    [Fact]
    public async Task A_passkey_belongs_to_the_ceremony_of_its_user_which_ends_with_the_first_try()
    {
        using var accounts = new AccountHarness();
        var ada = accounts.SignIn(accounts.AddUser());
        var begun = (await accounts.SendAsync(new GetNewPasskeyOptionsQuery())).Value;
        var eve = accounts.SignIn(accounts.AddUser("eve@example.org", "eve"));

        var stolen = await accounts.SendAsync(new AddPasskeyCommand(begun.Challenge, "mine", FakePasskeys.Credential(eve, "key")));
        accounts.SignIn(ada);
        var late = await accounts.SendAsync(new AddPasskeyCommand(begun.Challenge, "mine", FakePasskeys.Credential(ada, "key")));
        var bad = await accounts.SendAsync(new AddPasskeyCommand((await accounts.SendAsync(new GetNewPasskeyOptionsQuery())).Value.Challenge, "mine", "bad"));

        Assert.All([stolen, late, bad], r => Assert.Equal(["credential"], r.Error.Fields!.Keys));
        Assert.Equal(0, accounts.FromDatabase(db => db.Passkeys.Count()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("two\nlines")]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123x")]
    public async Task A_passkeys_name_is_one_line_of_1_to_64_characters(string name)
    {
        using var accounts = new AccountHarness();
        accounts.SignIn(accounts.AddUser());

        var result = await accounts.SendAsync(new AddPasskeyCommand("any", name, "{}"));

        Assert.Equal(["name"], result.Error.Fields!.Keys);
    }

    [Fact]
    public async Task One_passkey_is_added_once_and_twenty_are_enough()
    {
        using var accounts = new AccountHarness();
        accounts.SignIn(accounts.AddUser());
        for (var i = 0; i < Passkey.MaxPerUser - 1; i++)
            await AddPasskeyAsync(accounts, $"key{i}");

        var twice = await accounts.SendAsync(new AddPasskeyCommand(
            (await accounts.SendAsync(new GetNewPasskeyOptionsQuery())).Value.Challenge, "again", "x key0"));
        var early = (await accounts.SendAsync(new GetNewPasskeyOptionsQuery())).Value;
        await AddPasskeyAsync(accounts, "last");

        Assert.Equal(["credential"], twice.Error.Fields!.Keys);
        Assert.Equal("factor.limit", await accounts.RefusalAsync(new GetNewPasskeyOptionsQuery()));
        Assert.Equal("factor.limit", await accounts.RefusalAsync(new AddPasskeyCommand(early.Challenge, "one more", "x key99")));
    }

    [Fact]
    public async Task Nobody_removes_anothers_passkey()
    {
        using var accounts = new AccountHarness();
        accounts.SignIn(accounts.AddUser());
        var passkey = await AddPasskeyAsync(accounts, "key");
        accounts.SignIn(accounts.AddUser("eve@example.org", "eve"));

        Assert.Equal("factor.not_found", await accounts.RefusalAsync(new RemovePasskeyCommand(passkey.Passkey.Id.ToString())));
        Assert.Equal(1, accounts.FromDatabase(db => db.Passkeys.Count()));
    }

    [Fact]
    public async Task Every_change_needs_a_step_up_of_the_last_ten_minutes()
    {
        using var accounts = new AccountHarness();
        accounts.SignIn(accounts.AddUser());
        await EnableAsync(accounts);
        accounts.Clock.Advance(TimeSpan.FromMinutes(10));

        string[] codes =
        [
            await accounts.RefusalAsync(new BeginTotpCommand()), await accounts.RefusalAsync(new EnableTotpCommand("123456")),
            await accounts.RefusalAsync(new DisableTotpCommand()), await accounts.RefusalAsync(new RenewRecoveryCodesCommand()),
            await accounts.RefusalAsync(new GetNewPasskeyOptionsQuery()), await accounts.RefusalAsync(new AddPasskeyCommand("c", "n", "{}")),
            await accounts.RefusalAsync(new RemovePasskeyCommand("id")), await accounts.RefusalAsync(new RemoveFactorsCommand("ada@example.org")),
        ];

        Assert.All(codes, code => Assert.Equal("auth.step_up_required", code));
        Assert.True((await accounts.SendAsync(new GetFactorsQuery())).Value.Totp.Enabled);
    }

    [Fact]
    public async Task An_operator_takes_all_factors_from_whoever_has_lost_them_and_the_owner_learns_it()
    {
        using var accounts = new AccountHarness();
        accounts.SignIn(accounts.AddUser());
        await EnableAsync(accounts);
        await AddPasskeyAsync(accounts, "key");
        (accounts.Caller.Id, accounts.Caller.Session, accounts.Caller.SteppedUpAt) = (null, null, null);
        accounts.Mailer.Sent.Clear();

        var result = await accounts.SendAsync(new RemoveFactorsCommand("ada@example.org"));

        Assert.Equal("ada@example.org", result.Value.Email);
        Assert.Equal((0, 0, 0), accounts.FromDatabase(db => (db.AuthenticatorApps.Count(), db.RecoveryCodes.Count(), db.Passkeys.Count())));
        Assert.Contains("administrator", Assert.Single(accounts.Mailer.Sent).Text, StringComparison.Ordinal);
        await accounts.SendAsync(new RemoveFactorsCommand("ada@example.org"));
        Assert.Single(accounts.Mailer.Sent); // nothing was left to tell
    }

    [Theory]
    [InlineData("user", null)]
    [InlineData(null, true)]
    public async Task The_last_administrator_loses_no_factor_by_a_request_that_is_refused(string? role, bool? disabled)
    {
        using var accounts = new AccountHarness();
        var admin = accounts.SignIn(accounts.AddUser());
        accounts.InDatabase(db =>
        {
            db.Users.Single().ChangeRole(Role.Admin);
            db.SaveChanges();
        });
        await AddPasskeyAsync(accounts, "key");

        Assert.Equal("user.last_admin", await ChangeAsync(accounts, admin, new ChangeUserRequest(Role: role, Disabled: disabled, RemoveFactors: true)));
        Assert.Equal(1, accounts.FromDatabase(db => db.Passkeys.Count()));

        Assert.Null(await ChangeAsync(accounts, admin, new ChangeUserRequest(Role: "admin", Tier: "premium", RemoveFactors: true)));
        Assert.Equal(0, accounts.FromDatabase(db => db.Passkeys.Count()));
    }

    [Fact]
    public async Task An_account_that_is_being_deleted_is_changed_in_nothing_by_a_request_to_open_it()
    {
        using var accounts = new AccountHarness();
        var user = accounts.AddUser("eve@example.org", "eve");
        accounts.InDatabase(db =>
        {
            db.Users.Single().StartDeletion(accounts.Clock.GetUtcNow());
            db.SaveChanges();
        });
        accounts.SignIn(accounts.AddUser());

        Assert.Equal("user.not_found", await ChangeAsync(accounts, user, new ChangeUserRequest(Role: "admin", Disabled: false)));
        Assert.Equal(Role.User, accounts.FromDatabase(db => db.Users.Single(u => u.Id == user.Id).Role));
    }

    [Fact]
    public async Task Seeds_are_sealed_anew_after_a_change_of_the_secret_and_codes_go_on_passing()
    {
        const string Before = "before: at least thirty-two characters long";
        const string Now = "now: at least thirty-two characters long";
        var old = new OtpTotp(Authenticators.Secrets(Before));
        using var accounts = new AccountHarness { Totp = new OtpTotp(Authenticators.Secrets(Now, Before)) };
        var user = accounts.SignIn(accounts.AddUser());
        var app = old.Create(user.Id, "ada@example.org");
        accounts.InDatabase(db =>
        {
            db.AuthenticatorApps.Add(new AuthenticatorApp(user.Id, app.SealedSeed, accounts.Clock.GetUtcNow()));
            db.SaveChanges();
        });

        Assert.Equal(1, (await accounts.SendAsync(new ResealKeysCommand())).Value.Count);
        Assert.Equal(0, (await accounts.SendAsync(new ResealKeysCommand())).Value.Count);

        var kept = accounts.FromDatabase(db => db.AuthenticatorApps.Single().SealedSeed);
        var at = accounts.Clock.GetUtcNow();
        Assert.NotNull(new OtpTotp(Authenticators.Secrets(Now)).StepOf(user.Id, kept, Authenticators.CodeOf(app.Secret, at), at));
    }

    internal static async Task<(NewAuthenticator App, IReadOnlyList<string> Codes)> EnableAsync(AccountHarness accounts)
    {
        var app = (await accounts.SendAsync(new BeginTotpCommand())).Value;
        var enabled = await accounts.SendAsync(new EnableTotpCommand(Now(accounts, app)));
        return (app, enabled.Value.RecoveryCodes!);
    }

    // As the controller does.
    private static async Task<string?> ChangeAsync(AccountHarness accounts, User user, ChangeUserRequest request)
    {
        foreach (var command in request.CommandsFor(user.Id.ToString()))
        {
            if (await accounts.SendAsync(command) is { IsSuccess: false } refused)
                return refused.Error.Code;
        }

        return null;
    }

    internal static async Task<PasskeyAdded> AddPasskeyAsync(AccountHarness accounts, string id)
    {
        var begun = (await accounts.SendAsync(new GetNewPasskeyOptionsQuery())).Value;
        return (await accounts.SendAsync(new AddPasskeyCommand(begun.Challenge, $" {id} ", $"x {id}"))).Value;
    }

    internal static string Now(AccountHarness accounts, NewAuthenticator app) => Authenticators.CodeOf(app.Secret, accounts.Clock.GetUtcNow());
}
