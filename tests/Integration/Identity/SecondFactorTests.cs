using System.Net;
using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using MusicGen.Application.Identity;
using MusicGen.Domain.Identity;
using MusicGen.Domain.Sessions;
using MusicGen.Infrastructure.Redis;
using MusicGen.Integration.Edge;
using MusicGen.Integration.Support;
using StackExchange.Redis;

namespace MusicGen.Integration.Identity;

/// <summary>Authenticator apps, recovery codes and step-ups as a browser meets them.</summary>
public sealed class SecondFactorTests(EdgeApp edge)
{
    [Fact]
    public async Task From_enrolment_to_a_sign_in_by_code()
    {
        using var browser = await edge.RegisterAsync();
        using (var early = await browser.PostAsync("/api/auth/factors/totp"))
            await early.MustBeProblemAsync(HttpStatusCode.Forbidden, "auth.step_up_required");
        await browser.StepUpAsync();
        using var begun = await browser.PostAsync("/api/auth/factors/totp");
        await begun.MustBeAsync(HttpStatusCode.OK);
        var secret = await begun.JsonAsync();
        Assert.Contains(secret["secret"]!.GetValue<string>(), secret["uri"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.All(secret["qr"]!.AsArray(), row => Assert.Matches("^[01]+$", row!.GetValue<string>()));
        var app = new AuthenticatorOf(secret["secret"]!.GetValue<string>());
        using (var wrong = await browser.PostAsync("/api/auth/factors/totp/confirm", new { code = "000000" }))
        {
            await wrong.MustBeProblemAsync(HttpStatusCode.BadRequest, "request.invalid");
            Assert.NotNull((await wrong.JsonAsync())["errors"]!["code"]);
        }

        using var enabled = await browser.PostAsync("/api/auth/factors/totp/confirm", new { code = app.Code(-1) });
        await enabled.MustBeAsync(HttpStatusCode.OK);
        Assert.Equal(10, (await enabled.JsonAsync())["recovery_codes"]!.AsArray().Count);
        var factors = await (await browser.GetAsync("/api/auth/factors")).JsonAsync();
        Assert.True(factors["totp"]!["enabled"]!.GetValue<bool>());
        Assert.Equal(10, factors["recovery_codes"]!["remaining"]!.GetValue<int>());
        Assert.Empty(factors["passkeys"]!.AsArray());
        using (var again = await browser.PostAsync("/api/auth/factors/totp"))
            await again.MustBeProblemAsync(HttpStatusCode.Conflict, "auth.factor_exists");

        using var phone = edge.NewBrowser();
        using var first = await phone.LoginAsync(browser.Email);
        await first.MustBeAsync(HttpStatusCode.OK);
        var question = await first.JsonAsync();
        Assert.Equal(["totp", "recovery_code"], question["second_factor"]!.AsArray().Select(k => k!.GetValue<string>()));
        Assert.Null(question["user"]);
        Assert.Null(first.Header("Set-Cookie"));
        Assert.False((await phone.SessionAsync())["authenticated"]!.GetValue<bool>());

        var code = app.Code();
        using var second = await phone.SecondFactorAsync(question["challenge"]!.GetValue<string>(), code);
        await second.MustBeAsync(HttpStatusCode.OK);
        Assert.Equal(browser.Email, (await second.JsonAsync())["user"]!["email"]!.GetValue<string>());
        Assert.True((await phone.SessionAsync())["authenticated"]!.GetValue<bool>());
        Assert.NotNull(phone.Cookie("device_id"));

        using var thief = edge.NewBrowser();
        using var replay = await thief.SecondFactorAsync(await thief.ChallengeAsync(browser.Email), code);
        await replay.MustBeProblemAsync(HttpStatusCode.Unauthorized, "auth.invalid_credentials");
        using var spent = await thief.SecondFactorAsync(question["challenge"]!.GetValue<string>(), app.Code(1));
        await spent.MustBeProblemAsync(HttpStatusCode.Unauthorized, "auth.challenge_invalid");
    }

    [Fact]
    public async Task Of_requests_that_bring_one_code_at_once_one_signs_in()
    {
        using var browser = await edge.RegisterAsync();
        var app = await browser.EnableTotpAsync();
        foreach (var bring in new Func<(string? Code, string? Recovery)>[] { () => (app.Code(), null), () => (null, app.RecoveryCodes[0]) })
        {
            var (code, recovery) = bring();
            var racers = Enumerable.Range(0, 4).Select(_ => edge.NewBrowser()).ToList();
            var challenges = new List<string>();
            foreach (var racer in racers)
                challenges.Add(await racer.ChallengeAsync(browser.Email));

            var answers = await Task.WhenAll(racers.Zip(challenges).Select(r => r.First.SecondFactorAsync(r.Second, code, recovery)));

            Assert.Single(answers, a => a.StatusCode == HttpStatusCode.OK);
            foreach (var loser in answers.Where(a => a.StatusCode != HttpStatusCode.OK))
                await loser.MustBeProblemAsync(HttpStatusCode.Unauthorized, "auth.invalid_credentials");
            racers.ForEach(r => r.Dispose());
        }
    }

    [Fact]
    public async Task Of_requests_that_finish_one_sign_in_at_once_one_gets_the_session()
    {
        using var browser = await edge.RegisterAsync();
        var app = await browser.EnableTotpAsync();
        using var tab = edge.NewBrowser();
        var challenge = await tab.ChallengeAsync(browser.Email);

        var answers = await Task.WhenAll(app.RecoveryCodes.Take(4).Select(code => tab.SecondFactorAsync(challenge, recoveryCode: code)));

        Assert.Single(answers, a => a.StatusCode == HttpStatusCode.OK);
        foreach (var loser in answers.Where(a => a.StatusCode != HttpStatusCode.OK))
            await loser.MustBeProblemAsync(HttpStatusCode.Unauthorized, "auth.challenge_invalid");
        var sessions = await (await browser.GetAsync("/api/auth/sessions")).JsonAsync();
        Assert.Equal(2, sessions["items"]!.AsArray().Count);
    }

    [Fact]
    public async Task A_recovery_code_passes_once_and_new_ones_replace_all()
    {
        using var browser = await edge.RegisterAsync();
        var app = await browser.EnableTotpAsync();
        using var phone = edge.NewBrowser();

        using (var right = await phone.SecondFactorAsync(await phone.ChallengeAsync(browser.Email), recoveryCode: app.RecoveryCodes[0].ToLowerInvariant()))
            await right.MustBeAsync(HttpStatusCode.OK);
        using var other = edge.NewBrowser();
        using (var again = await other.SecondFactorAsync(await other.ChallengeAsync(browser.Email), recoveryCode: app.RecoveryCodes[0]))
            await again.MustBeProblemAsync(HttpStatusCode.Unauthorized, "auth.invalid_credentials");
        using var renewed = await browser.PostAsync("/api/auth/factors/recovery-codes");
        await renewed.MustBeAsync(HttpStatusCode.OK);
        var fresh = (await renewed.JsonAsync())["recovery_codes"]!.AsArray();
        using (var old = await other.SecondFactorAsync(await other.ChallengeAsync(browser.Email), recoveryCode: app.RecoveryCodes[1]))
            await old.MustBeProblemAsync(HttpStatusCode.Unauthorized, "auth.invalid_credentials");
        using (var right = await other.SecondFactorAsync(await other.ChallengeAsync(browser.Email), recoveryCode: fresh[0]!.GetValue<string>()))
            await right.MustBeAsync(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Many_wrong_codes_wait_whatever_the_password()
    {
        using var browser = await edge.RegisterAsync();
        var app = await browser.EnableTotpAsync();
        var user = await UserIdAsync(browser);
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        for (var i = 0; i < 20; i++)
            await Redis.SortedSetAddAsync(RedisKeys.FactorGuesses(user), $"guess-{i}", now);
        using var phone = edge.NewBrowser();

        using var answer = await phone.SecondFactorAsync(await phone.ChallengeAsync(browser.Email), app.Code());
        await answer.MustBeProblemAsync(HttpStatusCode.TooManyRequests, "auth.too_many_attempts");
        Assert.InRange(answer.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromMinutes(14), TimeSpan.FromMinutes(15));
        using var stepUp = await browser.PostAsync("/api/auth/step-up", new { password = browser.Password, code = app.Code() });
        await stepUp.MustBeProblemAsync(HttpStatusCode.TooManyRequests, "auth.too_many_attempts");
    }

    [Fact]
    public async Task A_challenge_ends_with_its_time_and_one_that_never_was_opens_nothing()
    {
        using var browser = await edge.RegisterAsync();
        var app = await browser.EnableTotpAsync();
        using var phone = edge.NewBrowser();
        var challenge = await phone.ChallengeAsync(browser.Email);
        Assert.True(await Redis.KeyDeleteAsync(RedisKeys.Challenge(challenge, ChallengeKind.Login)));

        using (var late = await phone.SecondFactorAsync(challenge, app.Code()))
            await late.MustBeProblemAsync(HttpStatusCode.Unauthorized, "auth.challenge_invalid");
        using (var junk = await phone.SecondFactorAsync("x}:{y", app.Code()))
            await junk.MustBeProblemAsync(HttpStatusCode.Unauthorized, "auth.challenge_invalid");
        using var options = await phone.PostAsync("/api/auth/login/second-factor/options", new { challenge });
        await options.MustBeProblemAsync(HttpStatusCode.Unauthorized, "auth.challenge_invalid");
    }

    [Fact]
    public async Task A_step_up_ends_after_ten_minutes_and_is_no_other_sessions()
    {
        using var browser = await edge.RegisterAsync();
        using var other = edge.NewBrowser();
        (await other.LoginAsync(browser.Email)).Dispose();
        using var stepped = await browser.PostAsync("/api/auth/step-up", new { password = browser.Password });
        await stepped.MustBeAsync(HttpStatusCode.OK);
        var expires = (await stepped.JsonAsync())["expires_at"]!.GetValue<DateTimeOffset>();
        Assert.InRange(expires - TimeProvider.System.GetUtcNow(), TimeSpan.FromMinutes(9), TimeSpan.FromMinutes(10) + TimeSpan.FromSeconds(1));

        using (var refreshed = await browser.RefreshAsync())
            await refreshed.MustBeAsync(HttpStatusCode.OK);
        using (var begun = await browser.PostAsync("/api/auth/factors/totp"))
            await begun.MustBeAsync(HttpStatusCode.OK);
        using (var foreign = await other.PostAsync("/api/auth/factors/totp"))
            await foreign.MustBeProblemAsync(HttpStatusCode.Forbidden, "auth.step_up_required");
        var session = RedisKeys.Session(await UserIdAsync(browser), await SessionIdAsync(browser));
        await Redis.HashSetAsync(session, "stepped", TimeProvider.System.GetUtcNow().AddMinutes(-10).ToUnixTimeMilliseconds());
        using var late = await browser.PostAsync("/api/auth/factors/totp");
        await late.MustBeProblemAsync(HttpStatusCode.Forbidden, "auth.step_up_required");
    }

    [Fact]
    public async Task A_step_up_asks_for_what_the_account_has()
    {
        using var browser = await edge.RegisterAsync();
        using (var wrong = await browser.PostAsync("/api/auth/step-up", new { password = "not the password at all" }))
            await wrong.MustBeProblemAsync(HttpStatusCode.Unauthorized, "auth.invalid_credentials");
        using (var empty = await browser.PostAsync("/api/auth/step-up", new { }))
            await empty.MustBeProblemAsync(HttpStatusCode.BadRequest, "request.invalid");
        var app = await browser.EnableTotpAsync();

        using var alone = await browser.PostAsync("/api/auth/step-up", new { password = browser.Password });
        await alone.MustBeProblemAsync(HttpStatusCode.BadRequest, "request.invalid");
        Assert.Equal("This account has a second factor: add its code.", (await alone.JsonAsync())["errors"]!["code"]![0]!.GetValue<string>());
        await browser.StepUpAsync(app.Code());
        await browser.StepUpAsync(recoveryCode: app.RecoveryCodes[0]);
        using var off = await browser.DeleteAsync("/api/auth/factors/totp");
        await off.MustBeAsync(HttpStatusCode.NoContent);
        using var signedIn = await browser.LoginAsync();
        Assert.True((await signedIn.JsonAsync())["success"]!.GetValue<bool>());
    }

    [Fact]
    public async Task A_new_password_by_mail_does_not_spare_the_factor()
    {
        using var browser = await edge.RegisterAsync();
        var app = await browser.EnableTotpAsync();
        var link = await edge.App.InScopeAsync(s => s.GetRequiredService<MediatR.ISender>()
            .Send(new MusicGen.Application.Identity.CreateResetLink.CreateResetLinkCommand(browser.Email)));
        using var phone = edge.NewBrowser();
        var before = await phone.ChallengeAsync(browser.Email);
        using (var reset = await phone.PostAsync("/api/auth/reset-password", new { token = link.Value.Url.Split('#')[1], new_password = "an entirely new sentence" }))
            await reset.MustBeAsync(HttpStatusCode.OK);

        using (var stale = await phone.SecondFactorAsync(before, app.Code()))
            await stale.MustBeProblemAsync(HttpStatusCode.Unauthorized, "auth.challenge_invalid");
        var challenge = await phone.ChallengeAsync(browser.Email, "an entirely new sentence");
        using var right = await phone.SecondFactorAsync(challenge, app.Code());
        await right.MustBeAsync(HttpStatusCode.OK);
    }

    [Fact]
    public async Task An_administrator_takes_factors_away_after_a_step_up()
    {
        using var user = await edge.RegisterAsync();
        await user.EnableTotpAsync();
        var id = await UserIdAsync(user);
        using var admin = await edge.RegisterAsync();
        await edge.App.InScopeAsync(s => s.GetRequiredService<MediatR.ISender>()
            .Send(new MusicGen.Application.Identity.SetRole.SetRoleCommand(admin.Email, "admin")));

        using (var early = await PatchAsync(admin, id, new { remove_factors = true, tier = "premium" }))
            await early.MustBeProblemAsync(HttpStatusCode.Forbidden, "auth.step_up_required");
        await admin.StepUpAsync();
        using (var done = await PatchAsync(admin, id, new { remove_factors = true }))
            await done.MustBeAsync(HttpStatusCode.OK);

        using var signedIn = await user.LoginAsync();
        var body = await signedIn.JsonAsync();
        Assert.True(body["success"]!.GetValue<bool>());
        Assert.Equal("free", body["user"]!["tier"]!.GetValue<string>()); // nothing of the refused request was done
    }

    private IDatabase Redis => edge.App.Services.GetRequiredService<IDatabase>();

    private static Task<HttpResponseMessage> PatchAsync(Browser admin, UserId id, object change) =>
        admin.SendAsync(HttpMethod.Patch, $"/api/v1/admin/users/{id}", JsonContent.Create(change));

    private static async Task<UserId> UserIdAsync(Browser browser) =>
        UserId.TryParse((await browser.SessionAsync())["user"]!["id"]!.GetValue<string>(), out var id) ? id : throw new InvalidOperationException("Nobody is signed in.");

    private static async Task<SessionId> SessionIdAsync(Browser browser)
    {
        var list = await (await browser.GetAsync("/api/auth/sessions")).JsonAsync();
        return new SessionId(list["items"]!.AsArray().Single(s => s!["current"]!.GetValue<bool>())!["id"]!.GetValue<string>());
    }
}
