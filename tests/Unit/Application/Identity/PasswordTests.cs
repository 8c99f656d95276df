using MusicGen.Application.Identity.ChangePassword;
using MusicGen.Application.Identity.CreateResetLink;
using MusicGen.Application.Identity.ForgotPassword;
using MusicGen.Application.Identity.PurgeExpired;
using MusicGen.Application.Identity.ResetPassword;
using MusicGen.Application.Sessions;
using MusicGen.Domain.Identity;
using MusicGen.Domain.Sessions;
using MusicGen.Unit.Support;

namespace MusicGen.Unit.Application.Identity;

public sealed class PasswordTests
{
    private const string Password = AccountHarness.Password;
    private const string NewPassword = "an entirely new sentence";

    [Fact]
    public async Task A_changed_password_ends_the_other_sessions_and_tells_the_owner()
    {
        using var accounts = new AccountHarness();
        var (user, current) = SignIn(accounts);
        accounts.Sessions.Open.Add(new SessionReference(user.Id, SessionId.New()));

        var result = await accounts.SendAsync(new ChangePasswordCommand(Password, NewPassword));

        Assert.True(result.IsSuccess);
        Assert.Equal(current, Assert.Single(accounts.Sessions.Open).Session);
        Assert.Equal("Your password was changed", Assert.Single(accounts.Mailer.Sent).Subject);
        Assert.Equal(FakePasswordHasher.Today + NewPassword, accounts.FromDatabase(db => db.Users.Single().PasswordHash));
        Assert.Equal(["begin ada@example.org", "returned"], accounts.Throttle.Log);
    }

    [Fact]
    public async Task A_wrong_current_password_counts_as_a_guess()
    {
        using var accounts = new AccountHarness();
        SignIn(accounts);

        Assert.Equal("auth.invalid_credentials", await accounts.RefusalAsync(new ChangePasswordCommand("not her password at all", NewPassword)));
        Assert.Equal(["begin ada@example.org"], accounts.Throttle.Log);

        accounts.Throttle.Wait = TimeSpan.FromSeconds(4);
        Assert.Equal("auth.too_many_attempts", await accounts.RefusalAsync(new ChangePasswordCommand(Password, NewPassword)));
    }

    [Theory]
    [InlineData(Password)]
    [InlineData("ada@example.org")]
    [InlineData("too short")]
    public async Task A_new_password_follows_the_rules_of_any(string password)
    {
        using var accounts = new AccountHarness();
        SignIn(accounts);

        var result = await accounts.SendAsync(new ChangePasswordCommand(Password, password));

        Assert.Equal(["new_password"], result.Error.Fields!.Keys);
    }

    [Fact]
    public async Task A_reset_link_sets_a_password_once_ends_every_session_and_trusts_the_device()
    {
        using var accounts = new AccountHarness();
        SignIn(accounts);
        await accounts.ForgetPasswordAsync("ada@example.org");
        var token = accounts.Mailer.LastToken();

        var reset = await accounts.SendAsync(new ResetPasswordCommand(token, NewPassword));

        Assert.Equal("trusted ada@example.org", reset.Value.DeviceCookie);
        Assert.Empty(accounts.Sessions.Open);
        Assert.Equal(FakePasswordHasher.Today + NewPassword, accounts.FromDatabase(db => db.Users.Single().PasswordHash));
        var again = await accounts.SendAsync(new ResetPasswordCommand(token, "yet another sentence"));
        Assert.Contains("token", again.Error.Fields!.Keys);
    }

    [Fact]
    public async Task A_refused_password_leaves_the_link_as_it_was_and_half_an_hour_ends_it()
    {
        using var accounts = new AccountHarness();
        accounts.AddUser();
        await accounts.ForgetPasswordAsync("ada@example.org");
        var token = accounts.Mailer.LastToken();

        var refused = await accounts.SendAsync(new ResetPasswordCommand(token, "ada@example.org")); // nothing but her address
        Assert.Equal(["new_password"], refused.Error.Fields!.Keys);

        accounts.Clock.Advance(TimeSpan.FromMinutes(29));
        Assert.True((await accounts.SendAsync(new ResetPasswordCommand(token, NewPassword))).IsSuccess);

        await accounts.ForgetPasswordAsync("ada@example.org");
        accounts.Clock.Advance(TimeSpan.FromMinutes(30));
        Assert.Equal("request.invalid", await accounts.RefusalAsync(new ResetPasswordCommand(accounts.Mailer.LastToken(), "yet another sentence")));
    }

    [Fact]
    public async Task Two_who_ask_at_once_for_a_link_both_get_one_though_an_old_one_had_expired()
    {
        using var accounts = new AccountHarness();
        accounts.AddUser();
        await accounts.ForgetPasswordAsync("ada@example.org");
        accounts.Clock.Advance(TimeSpan.FromMinutes(31));
        accounts.Mailer.Sent.Clear();
        accounts.BeforeSaving(() => accounts.ForgetPasswordAsync("ada@example.org"));

        await accounts.ForgetPasswordAsync("ada@example.org");

        Assert.Equal(2, accounts.Mailer.Sent.Count);
    }

    [Fact]
    public async Task A_reset_beside_a_change_of_the_password_wins_and_the_change_is_told_to_try_again()
    {
        using var accounts = new AccountHarness();
        SignIn(accounts);
        await accounts.ForgetPasswordAsync("ada@example.org");
        var token = accounts.Mailer.LastToken();
        accounts.BeforeSaving(async () => Assert.True((await accounts.SendAsync(new ResetPasswordCommand(token, NewPassword))).IsSuccess));

        Assert.Equal("service.unavailable", await accounts.RefusalAsync(new ChangePasswordCommand(Password, "yet another sentence")));
        Assert.Equal(FakePasswordHasher.Today + NewPassword, accounts.FromDatabase(db => db.Users.Single().PasswordHash));
    }

    [Fact]
    public async Task Of_two_who_follow_one_link_at_once_the_second_is_told_that_it_is_used()
    {
        using var accounts = new AccountHarness();
        accounts.AddUser();
        await accounts.ForgetPasswordAsync("ada@example.org");
        var token = accounts.Mailer.LastToken();
        accounts.BeforeSaving(async () => Assert.True((await accounts.SendAsync(new ResetPasswordCommand(token, NewPassword))).IsSuccess));

        var second = await accounts.SendAsync(new ResetPasswordCommand(token, "yet another sentence"));

        Assert.Equal("request.invalid", second.Error.Code);
        Assert.Equal(["token"], second.Error.Fields!.Keys);
        Assert.Equal(FakePasswordHasher.Today + NewPassword, accounts.FromDatabase(db => db.Users.Single().PasswordHash));
    }

    [Fact]
    public async Task A_link_that_works_still_is_not_said_to_be_used_because_another_went_at_this_moment()
    {
        using var accounts = new AccountHarness();
        accounts.AddUser();
        await accounts.ForgetPasswordAsync("ada@example.org");
        accounts.Clock.Advance(TimeSpan.FromMinutes(31));
        await accounts.ForgetPasswordAsync("ada@example.org");
        var token = accounts.Mailer.LastToken();
        accounts.BeforeSaving(async () => Assert.True((await accounts.SendAsync(new PurgeExpiredCommand())).IsSuccess));

        Assert.Equal("service.unavailable", await accounts.RefusalAsync(new ResetPasswordCommand(token, NewPassword)));
        Assert.True((await accounts.SendAsync(new ResetPasswordCommand(token, NewPassword))).IsSuccess);
    }

    [Fact]
    public async Task An_unknown_address_gets_the_same_answer_at_the_same_moment_and_no_mail()
    {
        using var accounts = new AccountHarness();
        accounts.AddUser();

        var known = accounts.SendAsync(new ForgotPasswordCommand("ada@example.org"));
        var unknown = accounts.SendAsync(new ForgotPasswordCommand("nobody@example.org"));
        accounts.Clock.Advance(ForgotPasswordCommandHandler.Step - TimeSpan.FromMilliseconds(1));
        await Task.Delay(50, TestContext.Current.CancellationToken);
        Assert.False(known.IsCompleted || unknown.IsCompleted);

        accounts.Clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal((await known).Value, (await unknown).Value);
        Assert.Equal("ada@example.org", Assert.Single(accounts.Mailer.Sent).To);
        Assert.Equal(2, accounts.Gate.Counted.Count);
    }

    [Fact]
    public async Task Nobody_gets_more_than_a_few_mails_an_hour()
    {
        using var accounts = new AccountHarness { Gate = { Allowed = 5 } };
        accounts.AddUser();

        for (var i = 0; i < 7; i++)
            await accounts.ForgetPasswordAsync("ada@example.org");

        Assert.Equal(5, accounts.Mailer.Sent.Count);
    }

    [Fact]
    public async Task Where_there_is_no_mail_an_operator_makes_the_link()
    {
        using var accounts = new AccountHarness { Mailer = { IsAvailable = false } };
        var user = accounts.AddUser();

        Assert.Equal("auth.mail_unavailable", await accounts.RefusalAsync(new ForgotPasswordCommand("ada@example.org")));
        var link = await accounts.SendAsync(new CreateResetLinkCommand("ada@example.org"));

        Assert.Equal(user.Id, link.Value.User);
        Assert.True((await accounts.SendAsync(new ResetPasswordCommand(link.Value.Url.Split('#')[1], NewPassword))).IsSuccess);
        Assert.Equal($"user:{user.Id}", accounts.Trail.Entries[^1].Subject);
    }

    private static (User User, SessionId Session) SignIn(AccountHarness accounts)
    {
        var user = accounts.AddUser();
        var session = SessionId.New();
        accounts.Sessions.Open.Add(new SessionReference(user.Id, session));
        accounts.Caller.Id = user.Id;
        accounts.Caller.Session = session;
        return (user, session);
    }
}
