using MusicGen.Application.Identity;
using MusicGen.Application.Identity.BeginTotp;
using MusicGen.Application.Identity.DisableTotp;
using MusicGen.Application.Identity.EnableTotp;
using MusicGen.Application.Identity.GetPasskeyLoginOptions;
using MusicGen.Application.Identity.Login;
using MusicGen.Application.Identity.LoginPasskey;
using MusicGen.Application.Identity.Migrate;
using MusicGen.Application.Identity.RemovePasskey;
using MusicGen.Application.Identity.StepUp;
using MusicGen.Application.Identity.VerifySecondFactor;
using MusicGen.Application.Sessions;
using MusicGen.Domain.Auditing;
using MusicGen.Domain.Identity;
using MusicGen.Tests.Support;
using MusicGen.Unit.Support;

namespace MusicGen.Unit.Application.Identity;

/// <summary>By what somebody proved who they are: in the trail, and in the session that it opened.</summary>
public sealed class SignInProofTests
{
    private const string Password = AccountHarness.Password;

    [Fact]
    public async Task The_trail_names_the_factors_of_every_sign_in_that_passed_and_that_failed()
    {
        using var accounts = new AccountHarness();
        var ada = accounts.SignIn(accounts.AddUser());
        await LogInAsync(accounts, "not her password at all");
        await LogInAsync(accounts, Password);
        accounts.SignIn(ada);
        var (app, codes) = await FactorTests.EnableAsync(accounts);
        await FactorTests.AddPasskeyAsync(accounts, "key");
        accounts.Clock.Advance(TimeSpan.FromSeconds(30)); // the code that confirmed the app is taken
        await FinishAsync(accounts, code: "000000");
        await FinishAsync(accounts, code: FactorTests.Now(accounts, app));
        await FinishAsync(accounts, recovery: codes[0]);
        await AloneAsync(accounts, ada);
        accounts.Clock.Advance(TimeSpan.FromSeconds(30));
        await accounts.SendAsync(new StepUpCommand(Password, Code: FactorTests.Now(accounts, app)));

        var told = accounts.Trail.Entries.Where(e => e.Outcome != AuditOutcome.Attempted && e.Proof is not null).Select(e => (e.Action, e.Proof, e.Outcome)).ToList();

        Assert.Equal(
            [
                ("identity.login", "password", AuditOutcome.Denied),
                ("identity.login", "password", AuditOutcome.Succeeded),
                ("identity.login", "password", AuditOutcome.Succeeded), // and asked for the second factor
                ("identity.verify_second_factor", "password+totp", AuditOutcome.Denied),
                ("identity.login", "password", AuditOutcome.Succeeded),
                ("identity.verify_second_factor", "password+totp", AuditOutcome.Succeeded),
                ("identity.login", "password", AuditOutcome.Succeeded),
                ("identity.verify_second_factor", "password+recovery_code", AuditOutcome.Succeeded),
                ("identity.login_passkey", "passkey", AuditOutcome.Succeeded),
                ("identity.step_up", "password+totp", AuditOutcome.Succeeded),
            ],
            told);
    }

    [Fact]
    public async Task A_session_knows_how_many_factors_opened_it()
    {
        using var accounts = new AccountHarness();
        var ada = accounts.SignIn(accounts.AddUser());
        await LogInAsync(accounts, Password);
        Assert.Equal(SessionProof.OneFactor, accounts.Sessions.LastOrigin!.Proof);
        var original = new LegacyTokenMaker(LegacyTokenMaker.Secret, accounts.Clock.GetUtcNow());
        Assert.True((await accounts.SendAsync(new MigrateCommand(original.Sign(original.Access("ada@example.org")), original.Sign(original.Refresh())))).IsSuccess);
        Assert.Equal(SessionProof.None, accounts.Sessions.LastOrigin.Proof);

        accounts.SignIn(ada);
        var (_, codes) = await FactorTests.EnableAsync(accounts);
        Assert.Equal(SessionProof.TwoFactors, accounts.Sessions.LastProof); // who sets one up has used it here
        await FinishAsync(accounts, recovery: codes[0]);
        Assert.Equal(SessionProof.TwoFactors, accounts.Sessions.LastOrigin.Proof);
    }

    [Fact]
    public async Task A_password_steps_up_by_one_factor_and_with_a_code_or_a_passkey_by_two()
    {
        using var accounts = new AccountHarness();
        accounts.SignIn(accounts.AddUser());
        await accounts.SendAsync(new StepUpCommand(Password));
        Assert.Equal(SessionProof.OneFactor, accounts.Sessions.LastProof);
        var (_, codes) = await FactorTests.EnableAsync(accounts);

        Assert.True((await accounts.SendAsync(new StepUpCommand(Password, RecoveryCode: codes[0]))).IsSuccess);

        Assert.Equal(SessionProof.TwoFactors, accounts.Sessions.LastProof);
    }

    [Theory]
    [InlineData(SecondFactorFor.Nobody, Role.Admin, true)]
    [InlineData(SecondFactorFor.Admins, Role.Admin, false)]
    [InlineData(SecondFactorFor.Admins, Role.User, true)]
    [InlineData(SecondFactorFor.Everyone, Role.User, false)]
    public async Task Whoever_needs_a_second_factor_keeps_the_last_one(SecondFactorFor rule, Role role, bool mayRemove)
    {
        using var accounts = new AccountHarness(factors: rule);
        accounts.SignIn(accounts.AddUser());
        accounts.Caller.Role = role;
        await FactorTests.EnableAsync(accounts);
        var passkey = await FactorTests.AddPasskeyAsync(accounts, "key");
        Assert.True((await accounts.SendAsync(new DisableTotpCommand())).IsSuccess); // there is another one

        var last = await accounts.SendAsync(new RemovePasskeyCommand(passkey.Passkey.Id.ToString()));

        Assert.Equal(mayRemove, last.IsSuccess);
        Assert.Equal(mayRemove ? 0 : 1, accounts.FromDatabase(db => db.Passkeys.Count()));
        if (!mayRemove)
            Assert.Equal("auth.second_factor_required", last.Error.Code);
    }

    [Fact]
    public async Task An_app_that_was_never_confirmed_is_no_factor_to_keep()
    {
        using var accounts = new AccountHarness(factors: SecondFactorFor.Everyone);
        accounts.SignIn(accounts.AddUser());
        await accounts.SendAsync(new BeginTotpCommand());
        Assert.True((await accounts.SendAsync(new DisableTotpCommand())).IsSuccess);

        var app = (await accounts.SendAsync(new BeginTotpCommand())).Value;
        await accounts.SendAsync(new EnableTotpCommand(FactorTests.Now(accounts, app)));
        Assert.Equal("auth.second_factor_required", await accounts.RefusalAsync(new DisableTotpCommand()));
    }

    private static Task<MusicGen.Domain.Result<LoginAnswer>> LogInAsync(AccountHarness accounts, string password) =>
        accounts.SendAsync(new LoginCommand("ada@example.org", password, RememberMe: false));

    private static async Task FinishAsync(AccountHarness accounts, string? code = null, string? recovery = null)
    {
        var challenge = (await LogInAsync(accounts, Password)).Value.Challenge!;
        await accounts.SendAsync(new VerifySecondFactorCommand(challenge, code, recovery, Credential: null));
    }

    private static async Task AloneAsync(AccountHarness accounts, User user)
    {
        var challenge = (await accounts.SendAsync(new GetPasskeyLoginOptionsQuery())).Value.Challenge;
        await accounts.SendAsync(new LoginPasskeyCommand(challenge, FakePasskeys.Credential(user, "key"), RememberMe: false));
    }
}
