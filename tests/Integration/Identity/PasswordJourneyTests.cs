using System.Net;
using MusicGen.Integration.Edge;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Identity;

/// <summary>Passwords as they go over the wire.</summary>
public sealed class PasswordJourneyTests(EdgeApp edge)
{
    [Theory]
    [InlineData("  Blanks before, CASE inside, and blanks behind  ")]
    [InlineData("A sentence of more than seventy-two bytes, which is where bcrypt stops to read: nobody notices until somebody does.")]
    public async Task A_password_is_what_was_typed_whole_and_nothing_near_it(string password)
    {
        using var browser = edge.NewBrowser();
        using var registered = await browser.RegisterAsync(password: password);
        await registered.MustBeAsync(HttpStatusCode.Created);
        using (var _ = await browser.LogoutAsync())
            await browser.FetchTokenAsync();

        foreach (var near in new[] { password.Trim(), password.ToLowerInvariant(), password[..^1], password[..Math.Min(72, password.Length - 1)] }.Where(p => p != password))
        {
            using var refused = await browser.LoginAsync(password: near);
            await refused.MustBeProblemAsync(HttpStatusCode.Unauthorized, "auth.invalid_credentials");
        }

        using var inside = await browser.LoginAsync();
        await inside.MustBeAsync(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_hundred_and_twenty_eight_characters_of_any_kind_are_taken_and_one_more_is_too_many()
    {
        var notes = string.Concat(Enumerable.Repeat("🎹🎻🥁🎺", 32)); // two UTF-16 units and four bytes each
        using var browser = edge.NewBrowser();
        using var tooLong = await browser.RegisterAsync(password: notes + "🎷");
        await tooLong.MustBeProblemAsync(HttpStatusCode.BadRequest, "request.invalid");
        Assert.NotNull((await tooLong.JsonAsync())["errors"]!["password"]);

        using var registered = await browser.RegisterAsync(password: string.Concat("🎷", notes.AsSpan(2)));
        await registered.MustBeAsync(HttpStatusCode.Created);

        using var inside = await browser.LoginAsync();
        await inside.MustBeAsync(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_hash_of_other_settings_is_made_anew_at_the_next_sign_in()
    {
        using var browser = await edge.RegisterAsync();
        await edge.App.HashOtherwiseAsync(browser.Email, browser.Password);
        Assert.StartsWith("$argon2id$v=19$m=19456,t=3,", await edge.App.HashOfAsync(browser.Email), StringComparison.Ordinal);

        using var first = await browser.LoginAsync();
        await first.MustBeAsync(HttpStatusCode.OK);

        Assert.StartsWith("$argon2id$v=19$m=19456,t=2,", await edge.App.HashOfAsync(browser.Email), StringComparison.Ordinal);
        using var again = await browser.LoginAsync();
        await again.MustBeAsync(HttpStatusCode.OK);
    }

    [Fact]
    public async Task When_more_sign_in_than_can_be_hashed_the_rest_are_told_when_to_come_back()
    {
        await using var app = await MusicGenApp.StartAsync(
            ("PASSWORD_HASHING_PARALLEL", "1"), ("PASSWORD_HASHING_WAITING", "1"), ("PASSWORD_HASHING_MEMORY_KIB", "262144"), ("PASSWORD_HASHING_ITERATIONS", "6"));
        var crowd = Enumerable.Range(0, 12).Select(_ => app.NewBrowser()).ToList();
        foreach (var browser in crowd)
            await browser.FetchTokenAsync();

        var answers = await Task.WhenAll(crowd.Select(b => b.LoginAsync("somebody@example.org", Browser.DefaultPassword)));

        var busy = answers.Where(a => a.StatusCode == HttpStatusCode.ServiceUnavailable).ToList();
        Assert.NotEmpty(busy);
        foreach (var answer in busy)
        {
            Assert.Equal("service.unavailable", await answer.CodeAsync());
            Assert.Equal("2", answer.Header("Retry-After"));
        }

        var looked = answers.Except(busy).ToList();
        Assert.NotEmpty(looked);
        foreach (var answer in looked)
            await answer.MustBeProblemAsync(HttpStatusCode.Unauthorized, "auth.invalid_credentials");
        crowd.ForEach(b => b.Dispose());
    }
}
