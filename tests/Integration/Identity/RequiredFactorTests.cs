using System.Net;
using System.Net.Http.Json;
using MusicGen.Domain.Auditing;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Identity;

/// <summary>REQUIRE_SECOND_FACTOR: who needs a second factor sets one up before anything else opens.</summary>
public sealed class RequiredFactorTests
{
    private static readonly string[] Closed = ["/api/v1/admin/users", "/admin/jobs", "/api/v1/quota", "/api/v1/generate", "/api/auth/tokens", "/api/v1/account/export"];

    [Fact]
    public async Task An_administrator_without_one_can_only_set_one_up_and_then_everything_opens()
    {
        await using var app = await MusicGenApp.StartAsync(("REQUIRE_SECOND_FACTOR", "admins"), ("RATE_LIMIT_ADMIN_BURST", "1000"));
        using var admin = await app.RegisterAsync();
        using (var asUser = await admin.GetAsync("/api/v1/quota"))
            await asUser.MustBeAsync(HttpStatusCode.OK); // no administrator yet: nothing is asked of them
        await app.PromoteAsync(admin);

        foreach (var path in Closed)
        {
            using var refused = await admin.GetAsync(path);
            await refused.MustBeProblemAsync(HttpStatusCode.Forbidden, "auth.second_factor_required");
        }

        using (var change = await admin.SendAsync(HttpMethod.Patch, "/api/v1/admin/users/x", JsonContent.Create(new { tier = "premium" })))
            await change.MustBeProblemAsync(HttpStatusCode.Forbidden, "auth.second_factor_required");
        Assert.True((await admin.SessionAsync())["second_factor_required"]!.GetValue<bool>());
        using (var sessions = await admin.GetAsync("/api/auth/sessions"))
            await sessions.MustBeAsync(HttpStatusCode.OK);
        using (var refreshed = await admin.RefreshAsync())
            await refreshed.MustBeAsync(HttpStatusCode.OK);

        await admin.EnableTotpAsync();

        Assert.Null((await admin.SessionAsync())["second_factor_required"]);
        foreach (var path in Closed)
        {
            using var open = await admin.GetAsync(path);
            await open.MustBeAsync(HttpStatusCode.OK);
        }

        using (var last = await admin.DeleteAsync("/api/auth/factors/totp"))
            await last.MustBeProblemAsync(HttpStatusCode.Forbidden, "auth.second_factor_required");
        await app.DisposeHostAsync(); // what waits to be written is
        await app.InitializeAsync();
        Assert.Contains(await app.EntriesAsync("edge.second_factor"), e => e is { Reason: "auth.second_factor_required", Outcome: AuditOutcome.Denied });
    }

    [Fact]
    public async Task A_session_opened_by_the_password_before_there_was_a_factor_has_to_use_it()
    {
        await using var app = await MusicGenApp.StartAsync(("REQUIRE_SECOND_FACTOR", "everyone"), ("RATE_LIMIT_FREE_BURST", "30"));
        using var owner = await app.RegisterAsync();
        using var phone = app.NewBrowser();
        using (var signedIn = await phone.LoginAsync(owner.Email))
            await signedIn.MustBeAsync(HttpStatusCode.OK); // perhaps a thief's who has only the password
        var factors = await owner.EnableTotpAsync();

        using (var still = await phone.GetAsync("/api/v1/quota"))
            await still.MustBeProblemAsync(HttpStatusCode.Forbidden, "auth.second_factor_required");
        await phone.StepUpAsync(recoveryCode: factors.RecoveryCodes[0]);
        using (var open = await phone.GetAsync("/api/v1/quota"))
            await open.MustBeAsync(HttpStatusCode.OK);

        using var tablet = app.NewBrowser();
        using (var second = await tablet.SecondFactorAsync(await tablet.ChallengeAsync(owner.Email), recoveryCode: factors.RecoveryCodes[1]))
            await second.MustBeAsync(HttpStatusCode.OK);
        using var quota = await tablet.GetAsync("/api/v1/quota");
        await quota.MustBeAsync(HttpStatusCode.OK);
    }

    [Fact]
    public async Task By_default_a_password_is_enough_for_an_administrator()
    {
        await using var app = await MusicGenApp.StartAsync();
        using var admin = await app.AdministratorAsync();

        using var users = await admin.GetAsync("/api/v1/admin/users");

        await users.MustBeAsync(HttpStatusCode.OK);
        Assert.Null((await admin.SessionAsync())["second_factor_required"]);
    }
}
