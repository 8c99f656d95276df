using MusicGen.Application.Identity.Register;
using MusicGen.Application.Identity.VerifyEmail;
using MusicGen.Domain.Identity;
using MusicGen.Unit.Support;

namespace MusicGen.Unit.Application.Identity;

public sealed class RegisterTests
{
    private const string Password = AccountHarness.Password;

    [Fact]
    public async Task Without_verification_the_account_is_open_and_signed_in_at_once()
    {
        using var accounts = new AccountHarness();

        var result = await accounts.SendAsync(new RegisterCommand(" Ada@Example.org ", "Ada_L", Password));

        var signedIn = result.Value.SignedIn!;
        Assert.Equal(("ada@example.org", "Ada_L", "free", true), (signedIn.User.Email, signedIn.User.Username, signedIn.User.Tier, signedIn.User.IsVerified));
        Assert.Equal(signedIn.Session.Id, Assert.Single(accounts.Sessions.Open).Session);
        Assert.Equal("remembered ada@example.org", signedIn.DeviceCookie);
        Assert.Empty(accounts.Mailer.Sent);
        Assert.Equal(FakePasswordHasher.Today + Password, accounts.FromDatabase(db => db.Users.Single().PasswordHash));
    }

    [Theory]
    [InlineData("ADA@example.org", "somebody", "auth.email_taken")]
    [InlineData("eve@example.org", "ADA_L", "auth.username_taken")]
    public async Task Without_verification_what_is_taken_is_named_whatever_its_case(string email, string username, string code)
    {
        using var accounts = new AccountHarness();
        accounts.AddUser();

        Assert.Equal(code, await accounts.RefusalAsync(new RegisterCommand(email, username, Password)));
    }

    [Fact]
    public async Task An_account_whose_commit_was_not_answered_is_open_and_its_address_not_said_to_be_taken()
    {
        using var accounts = new AccountHarness();
        accounts.Answers.LoseNext();

        var result = await accounts.SendAsync(new RegisterCommand("ada@example.org", "Ada_L", Password));

        Assert.Equal(1, accounts.Answers.Count);
        Assert.Equal("ada@example.org", result.Value.SignedIn!.User.Email);
        Assert.Equal("auth.email_taken", await accounts.RefusalAsync(new RegisterCommand("ada@example.org", "another", Password)));
    }

    [Fact]
    public async Task With_verification_a_link_whose_commit_was_not_answered_has_been_followed()
    {
        using var accounts = new AccountHarness(verified: true);
        accounts.Answers.LoseNext();
        await accounts.SendAsync(new RegisterCommand("eve@example.org", "eve_name", Password));
        var token = accounts.Mailer.LastToken();
        accounts.Answers.LoseNext();

        var result = await accounts.SendAsync(new VerifyEmailCommand(token));

        Assert.Equal(2, accounts.Answers.Count);
        Assert.Equal(result.Value.User, accounts.FromDatabase(db => db.Users.Single().Id));
    }

    [Fact]
    public async Task With_verification_a_used_address_gets_the_same_answer_and_its_owner_a_mail_without_a_link()
    {
        using var accounts = new AccountHarness(verified: true);
        accounts.AddUser();

        accounts.Questions.Clear();
        var used = await accounts.SendAsync(new RegisterCommand("ada@example.org", "other_name", Password));
        var asked = accounts.Questions.ToList();
        accounts.Questions.Clear();
        var unused = await accounts.SendAsync(new RegisterCommand("eve@example.org", "eve_name", Password));

        Assert.Equal(unused.Value, used.Value);
        Assert.Null(used.Value.SignedIn);
        Assert.Equal(["ada@example.org", "eve@example.org"], accounts.Mailer.Sent.Select(m => m.To));
        Assert.NotEmpty(asked);
        Assert.Equal(asked, accounts.Questions);
        Assert.DoesNotContain("#", accounts.Mailer.Sent[0].Text, StringComparison.Ordinal);
        Assert.Contains("https://music.example.org/verify-email#", accounts.Mailer.Sent[1].Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ada@example.org")]
    [InlineData("eve@example.org")]
    public async Task With_verification_the_username_is_held_for_a_day_whoever_the_address_belongs_to(string email)
    {
        using var accounts = new AccountHarness(verified: true);
        accounts.AddUser();
        await accounts.SendAsync(new RegisterCommand(email, "held_name", Password));

        Assert.Equal("auth.username_taken", await accounts.RefusalAsync(new RegisterCommand(email, "Held_Name", Password)));

        accounts.Clock.Advance(TimeSpan.FromHours(24));
        Assert.True((await accounts.SendAsync(new RegisterCommand(email, "Held_Name", Password))).IsSuccess);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Of_two_who_ask_at_once_for_a_name_that_has_come_free_one_gets_it(bool verified)
    {
        using var accounts = new AccountHarness(verified: verified);
        accounts.InDatabase(db =>
        {
            db.Registrations.Add(new Registration(Guid.CreateVersion7(), Email.Normalise("old@example.org"), "held_name", "hash", "token", accounts.Clock.GetUtcNow().AddDays(-2)));
            db.SaveChanges();
        });
        accounts.BeforeSaving(async () => Assert.True((await accounts.SendAsync(new RegisterCommand("eve@example.org", "Held_Name", Password))).IsSuccess));

        Assert.Equal("auth.username_taken", await accounts.RefusalAsync(new RegisterCommand("ada@example.org", "held_name", Password)));
    }

    [Fact]
    public async Task Of_several_registrations_of_one_address_the_one_whose_link_is_followed_becomes_the_account()
    {
        using var accounts = new AccountHarness(verified: true);
        await accounts.SendAsync(new RegisterCommand("ada@example.org", "thief", "the thief's own password"));
        var thiefs = accounts.Mailer.LastToken();
        await accounts.SendAsync(new RegisterCommand("ada@example.org", "ada_l", Password));

        var verified = await accounts.SendAsync(new VerifyEmailCommand(accounts.Mailer.LastToken()));

        Assert.Equal("remembered ada@example.org", verified.Value.DeviceCookie);
        Assert.Equal("ada_l", accounts.FromDatabase(db => db.Users.Single().Username));
        Assert.Equal(0, accounts.FromDatabase(db => db.Registrations.Count()));
        Assert.Equal("request.invalid", await accounts.RefusalAsync(new VerifyEmailCommand(thiefs)));
    }

    [Fact]
    public async Task A_link_works_once_and_for_a_day()
    {
        using var accounts = new AccountHarness(verified: true);
        await accounts.SendAsync(new RegisterCommand("ada@example.org", "ada_l", Password));
        var token = accounts.Mailer.LastToken();
        accounts.Clock.Advance(TimeSpan.FromHours(24));

        var late = await accounts.SendAsync(new VerifyEmailCommand(token));

        Assert.Contains("token", late.Error.Fields!.Keys);
        Assert.Equal(0, accounts.FromDatabase(db => db.Users.Count()));
    }

    [Fact]
    public async Task A_closed_server_says_so_and_one_without_mail_points_to_its_operator()
    {
        using var closed = new AccountHarness(open: false);
        using var mute = new AccountHarness(verified: true) { Mailer = { IsAvailable = false } };

        Assert.Equal("auth.registration_closed", await closed.RefusalAsync(new RegisterCommand("ada@example.org", "ada_l", Password)));
        Assert.Equal("auth.mail_unavailable", await mute.RefusalAsync(new RegisterCommand("ada@example.org", "ada_l", Password)));
    }

    [Theory]
    [InlineData("ada@example.org", "ada_l", "fourteen chars", "password")]
    [InlineData("ada@example.org", "ada_l", FakeTokens.Breached, "password")]
    [InlineData("ada@example.org", "adalovelace", "adalovelace12345", "password")]
    [InlineData("ada@example.org", "ada_l", "1234ADA@example.org", "password")]
    [InlineData("adalovelace@example.org", "ada_l", "AdaLovelace!!!!", "password")]
    [InlineData("ada@example.org", "ada_l", "my-MusicGen-26!", "password")]
    [InlineData("ada@example.org", "ada_l", "aaaaaaaaaaaaaaaaaa", "password")]
    [InlineData("ada.example.org", "ada_l", Password, "email")]
    [InlineData("ada@example..org", "ada_l", Password, "email")]
    [InlineData("ada@example.org", "ada l", Password, "username")]
    [InlineData("ada@example.org", "al", Password, "username")]
    public async Task What_is_wrong_is_named_by_its_field(string email, string username, string password, string field)
    {
        using var accounts = new AccountHarness();

        var result = await accounts.SendAsync(new RegisterCommand(email, username, password));

        Assert.Equal("request.invalid", result.Error.Code);
        Assert.Equal([field], result.Error.Fields!.Keys);
    }

    [Fact]
    public async Task A_password_has_128_characters_as_people_count_them()
    {
        using var accounts = new AccountHarness();
        var longest = string.Concat(Enumerable.Range(0, 32).Select(_ => "🎹🎻🥁🎺")); // each is two UTF-16 units

        Assert.True((await accounts.SendAsync(new RegisterCommand("ada@example.org", "ada_l", longest))).IsSuccess);
        Assert.Equal("request.invalid", await accounts.RefusalAsync(new RegisterCommand("eve@example.org", "eve_name", longest + "🎷")));
    }

    [Theory]
    [InlineData("   blanks before and behind   ")]
    [InlineData("MiXeD cAsE, kept as it is")]
    [InlineData("one sentence that is well over sixty-four characters long, because nothing is ever cut off its end")]
    [InlineData("adalovelace is my name and nothing else is")]
    public async Task A_password_is_kept_whole_as_it_was_typed(string password)
    {
        using var accounts = new AccountHarness();

        Assert.True((await accounts.SendAsync(new RegisterCommand("ada@example.org", "adalovelace", password))).IsSuccess);
        Assert.Equal(FakePasswordHasher.Today + password, accounts.FromDatabase(db => db.Users.Single().PasswordHash));
    }

    [Fact]
    public void A_command_with_a_password_shows_none_of_it() =>
        Assert.Equal(nameof(RegisterCommand), new RegisterCommand("ada@example.org", "ada_l", Password).ToString());
}
