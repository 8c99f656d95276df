using MusicGen.Application.Identity.Login;
using MusicGen.Application.Identity.Register;
using MusicGen.Application.Identity.VerifyEmail;
using MusicGen.Domain;
using MusicGen.Domain.Auditing;
using MusicGen.Domain.Identity;
using MusicGen.Unit.Support;

namespace MusicGen.Unit.Application.Identity;

public sealed class LoginTests
{
    private const string Password = AccountHarness.Password;

    [Fact]
    public async Task The_right_password_opens_a_session_and_signs_the_device()
    {
        using var accounts = new AccountHarness();
        var user = accounts.AddUser();

        var result = await accounts.SendAsync(new LoginCommand(" ADA@example.org", Password, RememberMe: true));

        var signedIn = result.Value.SignedIn!;
        Assert.Equal(user.Id.ToString(), signedIn.User.Id);
        Assert.Equal("device", signedIn.DeviceCookie);
        Assert.True(signedIn.Session.Remembered);
        Assert.Equal(TimeSpan.FromHours(1), signedIn.AccessToken.Lifetime);
        Assert.Equal(["begin ada@example.org", "succeeded"], accounts.Throttle.Log);
    }

    [Fact]
    public async Task Wrong_password_unknown_email_and_a_disabled_account_look_the_same_and_cost_the_same()
    {
        using var accounts = new AccountHarness();
        accounts.AddUser();
        var shut = accounts.AddUser("shut@example.org", "shut_name");
        accounts.InDatabase(db =>
        {
            db.Users.Single(u => u.Id == shut.Id).Disable();
            db.SaveChanges();
        });

        Error[] errors =
        [
            (await accounts.SendAsync(new LoginCommand("ada@example.org", "not her password at all", false))).Error,
            (await accounts.SendAsync(new LoginCommand("nobody@example.org", Password, false))).Error,
            (await accounts.SendAsync(new LoginCommand("shut@example.org", Password, false))).Error,
        ];

        Assert.All(errors, e => Assert.Equal(IdentityErrors.InvalidCredentials, e));
        Assert.Equal("Invalid email or password", errors[0].Message);
        Assert.Equal(3, accounts.Hasher.Compared.Count);
        Assert.Null(accounts.Hasher.Compared[1]);
        Assert.DoesNotContain("succeeded", accounts.Throttle.Log);
        Assert.DoesNotContain("returned", accounts.Throttle.Log);
        Assert.Empty(accounts.Sessions.Open);
    }

    // What the clock would tell is told by what the database is asked.
    [Fact]
    public async Task The_database_is_asked_the_same_whoever_an_address_belongs_to()
    {
        using var accounts = new AccountHarness(verified: true);
        accounts.AddUser();
        await accounts.SendAsync(new RegisterCommand("waiting@example.org", "waiting", Password));
        var shut = accounts.AddUser("shut@example.org", "shut_name");
        accounts.InDatabase(db =>
        {
            db.Users.Single(u => u.Id == shut.Id).Disable();
            db.SaveChanges();
        });

        var asked = new List<string>();
        foreach (var (email, password) in new[] { ("ada@example.org", "wrong"), ("nobody@example.org", "wrong"), ("waiting@example.org", "wrong"), ("shut@example.org", "wrong"), ("shut@example.org", Password) })
        {
            accounts.Questions.Clear();
            Assert.Equal("auth.invalid_credentials", await accounts.RefusalAsync(new LoginCommand(email, password, false)));
            asked.Add(string.Join('\n', accounts.Questions));
        }

        Assert.Equal(2, asked[0].Split('\n').Count(line => line.StartsWith("SELECT", StringComparison.Ordinal)));
        Assert.Single(asked.Distinct());
        Assert.Equal(5, accounts.Hasher.Compared.Count);
    }

    [Theory]
    [InlineData(true, 120, 0)]
    [InlineData(false, 120, 1)]
    [InlineData(false, 10, 0)] // the first session of an account that was made a moment ago
    public async Task The_owner_is_told_of_a_sign_in_on_a_device_that_the_account_does_not_know(bool knows, int minutes, int mails)
    {
        using var accounts = new AccountHarness { Throttle = { Knows = knows } };
        accounts.AddUser();
        accounts.Clock.Advance(TimeSpan.FromMinutes(minutes));

        Assert.True((await accounts.SendAsync(new LoginCommand("ada@example.org", Password, false))).IsSuccess);

        Assert.Equal(mails, accounts.Mailer.Sent.Count);
        Assert.All(accounts.Mailer.Sent, m => Assert.Equal(("ada@example.org", "A new device signed in"), (m.To, m.Subject)));
    }

    [Fact]
    public async Task The_second_session_of_a_new_account_on_a_strange_device_is_told()
    {
        using var accounts = new AccountHarness { Throttle = { Knows = false } };
        accounts.AddUser();

        await accounts.SendAsync(new LoginCommand("ada@example.org", Password, false));
        Assert.Empty(accounts.Mailer.Sent);
        await accounts.SendAsync(new LoginCommand("ada@example.org", Password, false));
        Assert.Single(accounts.Mailer.Sent);
        await accounts.SendAsync(new LoginCommand("ada@example.org", "not her password at all", false));
        Assert.Single(accounts.Mailer.Sent);
    }

    [Fact]
    public async Task A_throttled_guess_is_not_looked_at()
    {
        using var accounts = new AccountHarness { Throttle = { Wait = TimeSpan.FromSeconds(17) } };
        accounts.AddUser();

        var result = await accounts.SendAsync(new LoginCommand("ada@example.org", Password, false));

        Assert.Equal(("auth.too_many_attempts", TimeSpan.FromSeconds(17)), (result.Error.Code, result.Error.RetryAfter));
        Assert.Empty(accounts.Hasher.Compared);
    }

    [Fact]
    public async Task A_busy_hasher_costs_no_guess()
    {
        using var accounts = new AccountHarness { Hasher = { Busy = Error.Unavailable("busy", TimeSpan.FromSeconds(2)) } };
        accounts.AddUser();

        Assert.Equal("service.unavailable", await accounts.RefusalAsync(new LoginCommand("ada@example.org", Password, false)));
        Assert.Equal(["begin ada@example.org", "returned"], accounts.Throttle.Log);
    }

    [Fact]
    public async Task The_right_password_of_an_unverified_registration_sends_the_link_again()
    {
        using var accounts = new AccountHarness(verified: true);
        await accounts.SendAsync(new RegisterCommand("ada@example.org", "ada_l", Password));
        var first = accounts.Mailer.LastToken();

        var wrong = await accounts.RefusalAsync(new LoginCommand("ada@example.org", "not her password at all", false));
        var right = await accounts.RefusalAsync(new LoginCommand("ada@example.org", Password, false));

        Assert.Equal(("auth.invalid_credentials", "auth.email_unverified"), (wrong, right));
        Assert.Equal(2, accounts.Mailer.Sent.Count);
        Assert.NotEqual(first, accounts.Mailer.LastToken());
    }

    [Fact]
    public async Task Whose_address_is_proved_at_this_very_moment_is_told_to_try_again()
    {
        using var accounts = new AccountHarness(verified: true);
        await accounts.SendAsync(new RegisterCommand("ada@example.org", "ada_l", Password));
        var token = accounts.Mailer.LastToken();
        accounts.BeforeSaving(async () => Assert.True((await accounts.SendAsync(new VerifyEmailCommand(token))).IsSuccess));

        Assert.Equal("service.unavailable", await accounts.RefusalAsync(new LoginCommand("ada@example.org", Password, false)));
        Assert.True((await accounts.SendAsync(new LoginCommand("ada@example.org", Password, false))).IsSuccess);
        Assert.Single(accounts.Mailer.Sent, m => m.Text.Contains("/verify-email#", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_hash_of_yesterday_is_made_anew()
    {
        using var accounts = new AccountHarness();
        accounts.AddUser(hash: "yesterday:" + Password);

        Assert.True((await accounts.SendAsync(new LoginCommand("ada@example.org", Password, false))).IsSuccess);
        Assert.Equal(FakePasswordHasher.Today + Password, accounts.FromDatabase(db => db.Users.Single().PasswordHash));
    }

    [Fact]
    public async Task A_password_that_is_changed_while_the_old_one_is_hashed_anew_stays_changed()
    {
        using var accounts = new AccountHarness();
        var user = accounts.AddUser(hash: "yesterday:" + Password);
        accounts.Hasher.WhileHashing = () =>
        {
            accounts.InDatabase(db =>
            {
                db.Users.Single(u => u.Id == user.Id).ChangePassword("the owner's new one", accounts.Clock.GetUtcNow().AddSeconds(1));
                db.SaveChanges();
            });
            return Task.CompletedTask;
        };

        Assert.Equal("auth.invalid_credentials", await accounts.RefusalAsync(new LoginCommand("ada@example.org", Password, false)));
        Assert.Equal("the owner's new one", accounts.FromDatabase(db => db.Users.Single().PasswordHash));
    }

    [Theory]
    [InlineData("  correct horse battery staple")]
    [InlineData("correct horse battery staple ")]
    [InlineData("Correct horse battery staple")]
    [InlineData("correct horse battery stapl")]
    public async Task A_password_is_compared_as_it_is_typed_and_no_other_way(string almost)
    {
        using var accounts = new AccountHarness();
        accounts.AddUser();

        Assert.Equal("auth.invalid_credentials", await accounts.RefusalAsync(new LoginCommand("ada@example.org", almost, false)));
    }

    [Fact]
    public async Task Whoever_is_disabled_while_signing_in_gets_no_session()
    {
        using var accounts = new AccountHarness();
        var user = accounts.AddUser();
        accounts.Sessions.WhileOpening = () =>
        {
            accounts.InDatabase(db =>
            {
                db.Users.Single(u => u.Id == user.Id).Disable();
                db.SaveChanges();
            });
            return Task.CompletedTask;
        };

        Assert.Equal("auth.invalid_credentials", await accounts.RefusalAsync(new LoginCommand("ada@example.org", Password, false)));
        Assert.Empty(accounts.Sessions.Open);
    }

    [Fact]
    public async Task A_tier_that_changes_while_signing_in_is_in_force_at_once()
    {
        using var accounts = new AccountHarness();
        var user = accounts.AddUser();
        accounts.Sessions.WhileOpening = () =>
        {
            accounts.InDatabase(db =>
            {
                db.Users.Single(u => u.Id == user.Id).ChangeTier(Tier.Enterprise);
                db.SaveChanges();
            });
            return Task.CompletedTask;
        };

        var result = await accounts.SendAsync(new LoginCommand("ada@example.org", Password, false));

        Assert.Equal("enterprise", result.Value.SignedIn!.User.Tier);
        Assert.Equal(Tier.Enterprise, Assert.Single(accounts.Sessions.Refreshed).Tier);
    }

    [Fact]
    public async Task The_trail_names_success_and_failure_as_the_original_did_and_hashes_the_address()
    {
        using var accounts = new AccountHarness();
        accounts.AddUser();

        await accounts.SendAsync(new LoginCommand("ada@example.org", "not her password at all", false));
        var signedIn = await accounts.SendAsync(new LoginCommand("ada@example.org", Password, false));

        Assert.Equal([null, "login_failed", null, "login_success"], accounts.Trail.Entries.Select(e => e.Event));
        Assert.Equal(("auth.invalid_credentials", AuditOutcome.Denied), (accounts.Trail.Entries[1].Reason, accounts.Trail.Entries[1].Outcome));
        Assert.Equal($"session:{signedIn.Value.SignedIn!.Session.Id}", accounts.Trail.Entries[3].Subject);
        Assert.All(accounts.Trail.Entries, e => Assert.Equal("hash of ada@example.org", e.EmailHash));
    }
}
