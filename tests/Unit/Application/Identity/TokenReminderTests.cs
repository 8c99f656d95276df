using MusicGen.Application.Identity.CreatePersonalAccessToken;
using MusicGen.Application.Identity.RemindOfTokens;
using MusicGen.Unit.Support;

namespace MusicGen.Unit.Application.Identity;

/// <summary>Owners hear of personal access tokens before they end.</summary>
public sealed class TokenReminderTests
{
    private const string Subject = "Personal access tokens end soon";

    [Fact]
    public async Task A_week_and_a_day_before_the_end_each_once()
    {
        using var accounts = new AccountHarness();
        accounts.SignIn(accounts.AddUser());
        await MakeAsync(accounts, "backup", days: 30);
        await MakeAsync(accounts, "radio", days: 30);

        Assert.Equal(0, await RemindAsync(accounts, after: TimeSpan.FromDays(22)));
        Assert.Equal(2, await RemindAsync(accounts, after: TimeSpan.FromDays(1)));
        Assert.Equal(0, await RemindAsync(accounts, after: TimeSpan.FromDays(5)));
        Assert.Equal(2, await RemindAsync(accounts, after: TimeSpan.FromDays(1)));
        Assert.Equal(0, await RemindAsync(accounts, after: TimeSpan.FromHours(1)));

        var sent = accounts.Mailer.Sent.Where(m => m.Subject == Subject).ToList();
        Assert.Equal(2, sent.Count); // one mail for both tokens, each time
        Assert.All(sent, m => Assert.Contains("- backup\n- radio", m.Text, StringComparison.Ordinal));
        Assert.Contains("within 7 days", sent[0].Text, StringComparison.Ordinal);
        Assert.Contains("within a day", sent[1].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_made_for_a_few_days_brings_no_word_of_the_week_and_one_for_a_day_none_at_all()
    {
        using var accounts = new AccountHarness();
        accounts.SignIn(accounts.AddUser());
        await MakeAsync(accounts, "short", days: 5);
        await MakeAsync(accounts, "shortest", days: 1);

        Assert.Equal(0, await RemindAsync(accounts, after: TimeSpan.FromHours(1)));
        Assert.Equal(1, await RemindAsync(accounts, after: TimeSpan.FromDays(4)));
        Assert.Contains("- short\n", Assert.Single(accounts.Mailer.Sent, m => m.Subject == Subject).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_is_reminded_of_what_is_over_or_belongs_to_a_disabled_account()
    {
        using var accounts = new AccountHarness();
        var ada = accounts.SignIn(accounts.AddUser());
        await MakeAsync(accounts, "backup", days: 30);
        accounts.InDatabase(db =>
        {
            db.Users.Single(u => u.Id == ada.Id).Disable();
            db.SaveChanges();
        });
        Assert.Equal(0, await RemindAsync(accounts, after: TimeSpan.FromDays(29)));
        accounts.InDatabase(db =>
        {
            db.Users.Single(u => u.Id == ada.Id).Enable();
            db.SaveChanges();
        });
        Assert.Equal(0, await RemindAsync(accounts, after: TimeSpan.FromDays(2)));
    }

    [Fact]
    public async Task Without_a_way_to_send_mail_the_reminder_waits_for_one()
    {
        using var accounts = new AccountHarness();
        accounts.SignIn(accounts.AddUser());
        await MakeAsync(accounts, "backup", days: 30);
        accounts.Mailer.IsAvailable = false;
        Assert.Equal(0, await RemindAsync(accounts, after: TimeSpan.FromDays(24)));

        accounts.Mailer.IsAvailable = true;
        Assert.Equal(1, await RemindAsync(accounts, after: TimeSpan.Zero));
    }

    private static async Task MakeAsync(AccountHarness accounts, string name, int days)
    {
        var made = await accounts.SendAsync(new CreatePersonalAccessTokenCommand(name, ["read"], days, RateLimitMinute: null));
        Assert.True(made.IsSuccess);
    }

    private static async Task<int> RemindAsync(AccountHarness accounts, TimeSpan after)
    {
        accounts.Clock.Advance(after);
        return (await accounts.SendAsync(new RemindOfTokensCommand())).Value.Tokens;
    }
}
