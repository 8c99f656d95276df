using System.Net;
using MusicGen.Integration.Identity;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Edge;

/// <summary>Hangfire's dashboard: administrators look at it, and nobody can do anything there.</summary>
public sealed class JobsDashboardTests(MusicGenApp app)
{
    private const string Dashboard = "/admin/jobs";

    [Theory]
    [InlineData(Dashboard), InlineData($"{Dashboard}/servers"), InlineData($"{Dashboard}/js18230"), InlineData($"{Dashboard}/jobs/enqueued")]
    public async Task Strangers_are_asked_to_sign_in_and_users_are_refused(string path)
    {
        using var stranger = app.NewBrowser();
        using var user = await app.RegisterAsync();

        using (var answer = await stranger.GetAsync(path))
            await answer.MustBeProblemAsync(HttpStatusCode.Unauthorized, "auth.required");
        using (var answer = await user.GetAsync(path))
            await answer.MustBeProblemAsync(HttpStatusCode.Forbidden, "auth.forbidden");
        using (var answer = await user.SendAsync(HttpMethod.Post, $"{Dashboard}/stats", csrf: false))
            await answer.MustBeProblemAsync(HttpStatusCode.Forbidden, "auth.forbidden");
    }

    [Fact]
    public async Task An_administrator_sees_it_under_a_policy_of_its_own_and_it_names_no_connection()
    {
        using var admin = await app.AdministratorAsync();

        foreach (var path in (string[])["", "/", "/servers", "/jobs/enqueued", "/jobs/succeeded", "/recurring"])
        {
            using var page = await admin.GetAsync(Dashboard + path);
            await page.MustBeAsync(HttpStatusCode.OK);
            Assert.Equal("text/html", page.Content.Headers.ContentType?.MediaType);
            var policy = page.Header("Content-Security-Policy")!;
            Assert.Contains("default-src 'none'; script-src 'self'; style-src 'self' 'sha256-", policy, StringComparison.Ordinal);
            Assert.Equal("no-store", page.Header("Cache-Control"));
            Assert.Equal("DENY", page.Header("X-Frame-Options"));
            Assert.NotNull(page.Header("X-RateLimit-Tier")); // it counts
            var text = await page.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            Assert.Contains("MusicGen: jobs", text, StringComparison.Ordinal);
            Assert.Contains("href=\"/#admin\"", text, StringComparison.Ordinal);
            Assert.DoesNotContain("127.0.0.1:", text, StringComparison.Ordinal);
            Assert.DoesNotContain("<script>", text, StringComparison.Ordinal);
        }

        using var nowhere = await admin.GetAsync($"{Dashboard}/no/such/page");
        await nowhere.MustBeProblemAsync(HttpStatusCode.NotFound, "route.not_found");
        using var elsewhere = await admin.GetAsync("/");
        Assert.DoesNotContain("unsafe-inline", elsewhere.Header("Content-Security-Policy"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Its_poll_needs_no_token_but_a_page_of_ours()
    {
        using var admin = await app.AdministratorAsync();

        var own = app.Address.GetLeftPart(UriPartial.Authority);
        using (var polled = await PollAsync(("Origin", own), ("Sec-Fetch-Site", "same-origin")))
        {
            await polled.MustBeAsync(HttpStatusCode.OK);
            Assert.NotNull((await polled.JsonAsync())["servers:count"]);
        }

        using (var foreign = await PollAsync(("Origin", "https://evil.example")))
            await foreign.MustBeProblemAsync(HttpStatusCode.Forbidden, "csrf.cross_site");
        using (var foreign = await PollAsync(("Sec-Fetch-Site", "cross-site")))
            await foreign.MustBeProblemAsync(HttpStatusCode.Forbidden, "csrf.cross_site");
        using (var shapeless = await admin.PostAsync($"{Dashboard}/stats", new { }))
            await shapeless.MustBeProblemAsync(HttpStatusCode.UnsupportedMediaType, "request.content_type");
        using (var huge = await admin.SendAsync(HttpMethod.Post, $"{Dashboard}/stats", new FormUrlEncodedContent([new("metrics[]", new string('x', 4096))]), csrf: false))
            await huge.MustBeProblemAsync(HttpStatusCode.RequestEntityTooLarge, "request.too_large");

        Task<HttpResponseMessage> PollAsync(params (string Name, string Value)[] headers) =>
            admin.SendAsync(HttpMethod.Post, $"{Dashboard}/stats", new FormUrlEncodedContent([new("metrics[]", "servers:count")]), csrf: false, headers: headers);
    }

    [Theory]
    [InlineData("/jobs/enqueued/delete"), InlineData("/jobs/failed/requeue"), InlineData("/jobs/actions/requeue/1"), InlineData("/recurring/trigger"), InlineData("/")]
    public async Task Nothing_that_changes_something_is_served_not_even_to_administrators(string path)
    {
        using var admin = await app.AdministratorAsync();

        using var answer = await admin.PostAsync(Dashboard + path, new { });
        await answer.MustBeProblemAsync(HttpStatusCode.MethodNotAllowed, "request.method");
    }

    [Fact]
    public async Task A_personal_token_doesnt_open_it()
    {
        using var admin = await app.AdministratorAsync();
        await PersonalTokenTests.StepUpAsync(admin);
        var token = await PersonalTokenTests.TokenAsync(admin, "admin", "read", "generate");
        using var script = app.NewBrowser();

        using (var works = await PersonalTokenTests.UseAsync(script, token, HttpMethod.Get, "/api/v1/admin/nodes"))
            await works.MustBeAsync(HttpStatusCode.OK);
        using (var page = await PersonalTokenTests.UseAsync(script, token, HttpMethod.Get, Dashboard))
            await page.MustBeProblemAsync(HttpStatusCode.Forbidden, "auth.token_not_allowed");
        using (var poll = await PersonalTokenTests.UseAsync(script, token, HttpMethod.Post, $"{Dashboard}/stats"))
            await poll.MustBeProblemAsync(HttpStatusCode.Forbidden, "auth.token_not_allowed");
    }

    [Fact]
    public async Task A_worker_serves_neither_it_nor_the_routes_of_administrators()
    {
        await using var worker = await MusicGenApp.StartAsync(("NODE_ROLE", "worker"));
        using var stranger = worker.NewBrowser();

        foreach (var path in (string[])[Dashboard, "/api/v1/admin/nodes"])
        {
            using var answer = await stranger.GetAsync(path);
            await answer.MustBeProblemAsync(HttpStatusCode.NotFound, "route.not_found");
        }
    }
}
