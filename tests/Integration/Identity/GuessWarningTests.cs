using MusicGen.Domain.Auditing;
using MusicGen.Integration.Edge;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Identity;

/// <summary>Owners hear of strangers who guess at their password.</summary>
public sealed class GuessWarningTests(EdgeApp edge)
{
    private const string Subject = "Somebody tries to guess your password";

    [Fact]
    public async Task Strangers_who_guess_until_they_must_wait_are_told_of_once_a_day()
    {
        using var owner = await edge.RegisterAsync();
        Assert.Equal(401, await GuessAsync(owner.Email));
        Assert.Empty(edge.App.Mails(owner.Email, Subject));

        await GuessUntilThrottledAsync(owner.Email);
        Assert.Single(await edge.App.MailsAsync(owner.Email, Subject));
        await GuessAsync(owner.Email);
        using var other = await edge.RegisterAsync();
        await GuessUntilThrottledAsync(other.Email);
        await edge.App.MailsAsync(other.Email, Subject); // they are written in order: a second one of the first owner would be there

        Assert.Single(edge.App.Mails(owner.Email, Subject));
        var id = (await owner.SessionAsync())["user"]!["id"]!.GetValue<string>();
        Assert.Single(await edge.App.EntriesAsync("identity.warn_of_guesses"), e => e.Subject == $"user:{id}" && e.Outcome == AuditOutcome.Succeeded);
    }

    [Fact]
    public async Task Guesses_at_nobody_are_answered_alike_and_tell_nobody()
    {
        var nobody = $"{Guid.NewGuid():N}@example.org";
        await GuessUntilThrottledAsync(nobody);
        using var owner = await edge.RegisterAsync();
        await GuessUntilThrottledAsync(owner.Email);
        await edge.App.MailsAsync(owner.Email, Subject);

        Assert.Empty(edge.App.Mails(nobody, Subject));
    }

    private async Task GuessUntilThrottledAsync(string email)
    {
        await GuessingTests.UseUpAsync(edge.App, email);
        Assert.Equal(429, await GuessAsync(email));
    }

    private async Task<int> GuessAsync(string email)
    {
        using var stranger = edge.NewBrowser();
        using var answer = await stranger.LoginAsync(email, "not this password at all");
        return (int)answer.StatusCode;
    }
}
