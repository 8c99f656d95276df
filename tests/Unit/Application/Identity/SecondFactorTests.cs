using MusicGen.Application.Identity;
using MusicGen.Application.Identity.CreateResetLink;
using MusicGen.Application.Identity.GetPasskeyLoginOptions;
using MusicGen.Application.Identity.GetSecondFactorOptions;
using MusicGen.Application.Identity.GetStepUpOptions;
using MusicGen.Application.Identity.Login;
using MusicGen.Application.Identity.LoginPasskey;
using MusicGen.Application.Identity.RemoveFactors;
using MusicGen.Application.Identity.ResetPassword;
using MusicGen.Application.Identity.StepUp;
using MusicGen.Application.Identity.VerifySecondFactor;
using MusicGen.Domain.Auditing;
using MusicGen.Domain.Identity;
using MusicGen.Domain.Sessions;
using MusicGen.Unit.Support;

namespace MusicGen.Unit.Application.Identity;

/// <summary>Signing in and stepping up with second factors.</summary>
public sealed class SecondFactorTests
{
    private const string Password = AccountHarness.Password;

    [Fact]
    public async Task A_right_password_opens_nothing_where_there_is_a_second_factor()
    {
        using var accounts = new AccountHarness();
        var (user, _, _) = await WithAppAsync(accounts);

        var answer = (await accounts.SendAsync(new LoginCommand("ada@example.org", Password, false))).Value;

        Assert.Null(answer.SignedIn);
        Assert.Equal(["totp", "recovery_code"], answer.SecondFactor);
        Assert.Empty(accounts.Sessions.Open);
        Assert.Equal(["begin ada@example.org", "returned"], accounts.Throttle.Log); // right, but the device is not signed
        Assert.Equal(
            ((string?)null, AuditOutcome.Succeeded, (string?)$"user:{user.Id}"),
            (accounts.Trail.Entries[^1].Event, accounts.Trail.Entries[^1].Outcome, accounts.Trail.Entries[^1].Subject));
    }

    [Fact]
    public async Task A_wrong_password_says_nothing_of_a_second_factor()
    {
        using var accounts = new AccountHarness();
        await WithAppAsync(accounts);

        Assert.Equal("auth.invalid_credentials", await accounts.RefusalAsync(new LoginCommand("ada@example.org", "not her password at all", false)));
        Assert.DoesNotContain(accounts.Challenges.Kept.Keys, k => k.Kind == ChallengeKind.Login);
    }

    [Fact]
    public async Task The_code_opens_the_session_that_was_asked_for_and_is_taken_once()
    {
        using var accounts = new AccountHarness();
        var (user, app, _) = await WithAppAsync(accounts);
        var challenge = await ChallengeAsync(accounts, remember: true);
        var code = FactorTests.Now(accounts, app);

        var signedIn = await accounts.SendAsync(Verify(challenge, code: code));
        var replay = await accounts.RefusalAsync(Verify(await ChallengeAsync(accounts), code: code));
        var spent = await accounts.RefusalAsync(Verify(challenge, code: code));

        Assert.True(signedIn.Value.Session.Remembered);
        Assert.Equal("trusted ada@example.org", signedIn.Value.DeviceCookie);
        Assert.Equal(user.Id, Assert.Single(accounts.Sessions.Open).User);
        Assert.Equal(("auth.invalid_credentials", "auth.challenge_invalid"), (replay, spent));
        Assert.Equal(["begin", "succeeded", "begin"], accounts.FactorThrottle.Log);
        Assert.Contains(accounts.Trail.Entries, e => e is { Action: "identity.verify_second_factor", Event: "login_success" });
    }

    [Theory]
    [InlineData(-30, true)]
    [InlineData(30, true)]
    [InlineData(-60, false)]
    [InlineData(60, false)]
    public async Task A_code_of_the_step_before_or_after_passes(int seconds, bool passes)
    {
        using var accounts = new AccountHarness();
        var (_, app, _) = await WithAppAsync(accounts);
        accounts.Clock.Advance(TimeSpan.FromMinutes(5));

        var result = await accounts.SendAsync(Verify(
            await ChallengeAsync(accounts), code: Authenticators.CodeOf(app.Secret, accounts.Clock.GetUtcNow().AddSeconds(seconds))));

        Assert.Equal(passes, result.IsSuccess);
    }

    [Fact]
    public async Task An_earlier_code_than_the_last_one_taken_is_refused_though_its_time_is_not_over()
    {
        using var accounts = new AccountHarness();
        var (_, app, _) = await WithAppAsync(accounts);
        accounts.Clock.Advance(TimeSpan.FromMinutes(5));
        var (earlier, now) = (Authenticators.CodeOf(app.Secret, accounts.Clock.GetUtcNow().AddSeconds(-30)), FactorTests.Now(accounts, app));

        Assert.True((await accounts.SendAsync(Verify(await ChallengeAsync(accounts), code: now))).IsSuccess);
        Assert.Equal("auth.invalid_credentials", await accounts.RefusalAsync(Verify(await ChallengeAsync(accounts), code: earlier)));
    }

    [Fact]
    public async Task A_wrong_code_leaves_the_challenge_and_counts()
    {
        using var accounts = new AccountHarness();
        var (_, app, _) = await WithAppAsync(accounts);
        var challenge = await ChallengeAsync(accounts);

        Assert.Equal("auth.invalid_credentials", await accounts.RefusalAsync(Verify(challenge, code: "000000")));
        Assert.Equal(["begin"], accounts.FactorThrottle.Log);
        Assert.True((await accounts.SendAsync(Verify(challenge, code: FactorTests.Now(accounts, app)))).IsSuccess);
    }

    [Fact]
    public async Task A_throttled_code_is_not_looked_at()
    {
        using var accounts = new AccountHarness();
        var (_, app, _) = await WithAppAsync(accounts);
        var challenge = await ChallengeAsync(accounts);
        accounts.FactorThrottle.Wait = TimeSpan.FromSeconds(8);

        var result = await accounts.SendAsync(Verify(challenge, code: FactorTests.Now(accounts, app)));

        Assert.Equal(("auth.too_many_attempts", TimeSpan.FromSeconds(8)), (result.Error.Code, result.Error.RetryAfter));
        accounts.FactorThrottle.Wait = null;
        Assert.True((await accounts.SendAsync(Verify(challenge, code: FactorTests.Now(accounts, app)))).IsSuccess);
    }

    [Fact]
    public async Task A_recovery_code_passes_once_however_it_is_typed()
    {
        using var accounts = new AccountHarness();
        var (_, _, codes) = await WithAppAsync(accounts);
        var typed = $" {codes[3].ToLowerInvariant().Replace("-", "  ", StringComparison.Ordinal).Replace('0', 'o').Replace('1', 'l')}";

        Assert.True((await accounts.SendAsync(Verify(await ChallengeAsync(accounts), recovery: typed))).IsSuccess);
        Assert.Equal("auth.invalid_credentials", await accounts.RefusalAsync(Verify(await ChallengeAsync(accounts), recovery: codes[3])));
        Assert.True((await accounts.SendAsync(Verify(await ChallengeAsync(accounts), recovery: codes[4]))).IsSuccess);
        Assert.Equal(8, accounts.FromDatabase(db => db.RecoveryCodes.Count(c => c.UsedAt == null)));
    }

    [Fact]
    public async Task The_password_that_a_challenge_stands_on_must_still_be_the_password_of_an_open_account_with_a_factor()
    {
        using var accounts = new AccountHarness();
        var (user, app, _) = await WithAppAsync(accounts);
        var before = await ChallengeAsync(accounts);
        accounts.Clock.Advance(TimeSpan.FromMinutes(1));
        var link = (await accounts.SendAsync(new CreateResetLinkCommand("ada@example.org"))).Value;
        Assert.True((await accounts.SendAsync(new ResetPasswordCommand(link.Url.Split('#')[1], "an entirely new sentence"))).IsSuccess);

        Assert.Equal("auth.challenge_invalid", await accounts.RefusalAsync(Verify(before, code: FactorTests.Now(accounts, app))));
        var after = await ChallengeAsync(accounts, password: "an entirely new sentence"); // a reset doesn't spare the factor
        accounts.InDatabase(db =>
        {
            db.Users.Single(u => u.Id == user.Id).Disable();
            db.SaveChanges();
        });
        Assert.Equal("auth.challenge_invalid", await accounts.RefusalAsync(Verify(after, code: FactorTests.Now(accounts, app))));
        accounts.InDatabase(db =>
        {
            db.Users.Single(u => u.Id == user.Id).Enable();
            db.SaveChanges();
        });
        await accounts.SendAsync(new RemoveFactorsCommand("ada@example.org"));
        Assert.Equal("auth.challenge_invalid", await accounts.RefusalAsync(Verify(after, code: FactorTests.Now(accounts, app))));
        Assert.Empty(accounts.Sessions.Open);
    }

    [Fact]
    public async Task A_passkey_is_a_second_factor_without_and_both_factors_with_its_user_verified()
    {
        using var accounts = new AccountHarness();
        var user = accounts.SignIn(accounts.AddUser());
        await FactorTests.AddPasskeyAsync(accounts, "key");
        SignOut(accounts);

        var challenge = await ChallengeAsync(accounts);
        Assert.True((await accounts.SendAsync(new GetSecondFactorOptionsQuery(challenge))).IsSuccess);
        Assert.True((await accounts.SendAsync(Verify(challenge, credential: FakePasskeys.Credential(user, "key")))).IsSuccess);
        var alone = (await accounts.SendAsync(new GetPasskeyLoginOptionsQuery())).Value.Challenge;
        var signedIn = await accounts.SendAsync(new LoginPasskeyCommand(alone, FakePasskeys.Credential(user, "key"), RememberMe: true));

        Assert.True(signedIn.Value.Session.Remembered);
        Assert.Equal([false, false, true, true], accounts.Passkeys.Verifications);
        Assert.Equal((7, accounts.Clock.GetUtcNow()), accounts.FromDatabase(db => db.Passkeys.Select(p => new { p.SignCount, p.LastUsedAt }).AsEnumerable().Select(p => ((int)p.SignCount, p.LastUsedAt!.Value)).Single()));
        Assert.Equal("auth.challenge_invalid", await accounts.RefusalAsync(new LoginPasskeyCommand(alone, FakePasskeys.Credential(user, "key"), false)));
        Assert.Empty(accounts.FactorThrottle.Log); // a signature can't be guessed
    }

    [Fact]
    public async Task A_passkey_of_another_account_an_unknown_one_and_a_disabled_owners_open_nothing()
    {
        using var accounts = new AccountHarness();
        var ada = accounts.SignIn(accounts.AddUser());
        await FactorTests.AddPasskeyAsync(accounts, "key");
        var eve = accounts.SignIn(accounts.AddUser("eve@example.org", "eve"));
        await FactorTests.AddPasskeyAsync(accounts, "eves");
        SignOut(accounts);
        var challenge = await ChallengeAsync(accounts);

        await accounts.SendAsync(new GetSecondFactorOptionsQuery(challenge));
        Assert.Equal("auth.invalid_credentials", await accounts.RefusalAsync(Verify(challenge, credential: FakePasskeys.Credential(eve, "eves"))));
        Assert.Equal("auth.invalid_credentials", await accounts.RefusalAsync(Verify(challenge, credential: FakePasskeys.Credential(ada, "key")))); // the ceremony ended
        Assert.Equal("auth.invalid_credentials", await AloneAsync(accounts, FakePasskeys.Credential(ada, "unknown")));
        accounts.InDatabase(db =>
        {
            db.Users.Single(u => u.Id == ada.Id).Disable();
            db.SaveChanges();
        });
        Assert.Equal("auth.invalid_credentials", await AloneAsync(accounts, FakePasskeys.Credential(ada, "key")));
        Assert.Empty(accounts.Sessions.Open);
    }

    [Fact]
    public async Task A_sign_in_takes_exactly_one_factor()
    {
        using var accounts = new AccountHarness();

        Assert.Equal("request.invalid", await accounts.RefusalAsync(Verify("c")));
        Assert.Equal("request.invalid", await accounts.RefusalAsync(Verify("c", code: "123456", recovery: "X")));
        Assert.Equal("request.invalid", await accounts.RefusalAsync(Verify("c", code: "12345a")));
        Assert.Equal("auth.challenge_invalid", await accounts.RefusalAsync(Verify("c", code: "123456")));
    }

    [Fact]
    public async Task Without_a_second_factor_the_password_steps_up_and_a_wrong_one_counts()
    {
        using var accounts = new AccountHarness();
        accounts.SignIn(accounts.AddUser());

        Assert.Equal("auth.invalid_credentials", await accounts.RefusalAsync(new StepUpCommand("not her password at all")));
        Assert.Empty(accounts.Sessions.SteppedUp);
        var result = await accounts.SendAsync(new StepUpCommand(Password));

        Assert.Equal(DateTimeOffset.UnixEpoch.AddMinutes(10), result.Value.ExpiresAt);
        Assert.Equal(accounts.Caller.Session, Assert.Single(accounts.Sessions.SteppedUp).Session);
        Assert.Equal(["begin ada@example.org", "begin ada@example.org", "returned"], accounts.Throttle.Log);
    }

    [Fact]
    public async Task With_a_second_factor_the_password_alone_does_not()
    {
        using var accounts = new AccountHarness();
        var (user, app, codes) = await WithAppAsync(accounts);
        accounts.SignIn(user);

        var alone = await accounts.SendAsync(new StepUpCommand(Password));
        Assert.Equal("This account has a second factor: add its code.", Assert.Single(alone.Error.Fields!["code"]));
        Assert.Equal("auth.invalid_credentials", await accounts.RefusalAsync(new StepUpCommand(Password, Code: "000000")));
        Assert.Equal("auth.invalid_credentials", await accounts.RefusalAsync(new StepUpCommand("not her password at all", Code: FactorTests.Now(accounts, app))));
        Assert.Empty(accounts.Sessions.SteppedUp);
        Assert.True((await accounts.SendAsync(new StepUpCommand(Password, Code: FactorTests.Now(accounts, app)))).IsSuccess);
        Assert.True((await accounts.SendAsync(new StepUpCommand(Password, RecoveryCode: codes[0]))).IsSuccess);
    }

    [Fact]
    public async Task A_passkey_alone_steps_its_owner_up()
    {
        using var accounts = new AccountHarness();
        var eve = accounts.SignIn(accounts.AddUser("eve@example.org", "eve"));
        await FactorTests.AddPasskeyAsync(accounts, "eves");
        var evesChallenge = (await accounts.SendAsync(new GetStepUpOptionsQuery())).Value.Challenge;
        var ada = accounts.SignIn(accounts.AddUser());
        await FactorTests.AddPasskeyAsync(accounts, "key");

        Assert.Equal("auth.challenge_invalid", await accounts.RefusalAsync(StepUp(evesChallenge, eve, "eves")));
        Assert.Equal("auth.invalid_credentials", await accounts.RefusalAsync(StepUp((await accounts.SendAsync(new GetStepUpOptionsQuery())).Value.Challenge, eve, "eves")));
        Assert.True((await accounts.SendAsync(StepUp((await accounts.SendAsync(new GetStepUpOptionsQuery())).Value.Challenge, ada, "key"))).IsSuccess);
        Assert.DoesNotContain(false, accounts.Passkeys.Verifications);
    }

    [Fact]
    public async Task Whoever_has_no_session_or_an_ended_one_cannot_step_up()
    {
        using var accounts = new AccountHarness();
        var user = accounts.SignIn(accounts.AddUser());
        accounts.Caller.Session = null; // a personal access token
        Assert.Equal("auth.required", await accounts.RefusalAsync(new StepUpCommand(Password)));
        accounts.Caller.Session = SessionId.New();
        Assert.Equal("auth.session_ended", await accounts.RefusalAsync(new StepUpCommand(Password)));
        Assert.Equal("request.invalid", await accounts.RefusalAsync(new StepUpCommand(null)));
        Assert.Equal("request.invalid", await accounts.RefusalAsync(new StepUpCommand(Password, Passkey: new ShownPasskey("c", FakePasskeys.Credential(user, "key")))));
    }

    private static async Task<(User User, NewAuthenticator App, IReadOnlyList<string> Codes)> WithAppAsync(AccountHarness accounts)
    {
        var user = accounts.SignIn(accounts.AddUser());
        var (app, codes) = await FactorTests.EnableAsync(accounts);
        SignOut(accounts);
        accounts.Clock.Advance(TimeSpan.FromSeconds(30)); // the code that confirmed the app is taken
        return (user, app, codes);
    }

    private static void SignOut(AccountHarness accounts)
    {
        (accounts.Caller.Id, accounts.Caller.Session, accounts.Caller.SteppedUpAt) = (null, null, null);
        accounts.Sessions.Open.Clear();
        accounts.Sessions.SteppedUp.Clear();
    }

    private static async Task<string> ChallengeAsync(AccountHarness accounts, bool remember = false, string password = Password) =>
        (await accounts.SendAsync(new LoginCommand("ada@example.org", password, remember))).Value.Challenge!;

    private static async Task<string> AloneAsync(AccountHarness accounts, string credential) => await accounts.RefusalAsync(
        new LoginPasskeyCommand((await accounts.SendAsync(new GetPasskeyLoginOptionsQuery())).Value.Challenge, credential, false));

    private static VerifySecondFactorCommand Verify(string challenge, string? code = null, string? recovery = null, string? credential = null) =>
        new(challenge, code, recovery, credential);

    private static StepUpCommand StepUp(string challenge, User user, string key) =>
        new(null, Passkey: new ShownPasskey(challenge, FakePasskeys.Credential(user, key)));
}
