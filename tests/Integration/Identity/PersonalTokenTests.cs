using System.Net;
using System.Net.Http.Json;
using MediatR;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using MusicGen.Application.Identity.DisableUser;
using MusicGen.Application.Identity.SetRole;
using MusicGen.Application.Persistence;
using MusicGen.Domain.Identity;
using MusicGen.Integration.Edge;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Identity;

/// <summary>Personal access tokens as scripts use them, over the wire.</summary>
public class PersonalTokenTests(EdgeApp edge)
{
    [Fact]
    public async Task A_script_makes_follows_hears_and_deletes_music_without_cookies_or_CSRF()
    {
        var (owner, token) = await OwnerAsync("read", "generate");
        using var script = edge.NewBrowser();

        using var made = await UseAsync(script, token, HttpMethod.Post, "/api/v1/generate", new { prompt = "calm piano", duration = 1 });
        await made.MustBeAsync(HttpStatusCode.Accepted);
        var path = $"/api/v1/generate/{(await made.JsonAsync())["task_id"]}";
        await owner.WaitAsync(path.Split('/')[^1]);

        foreach (var read in new[] { path, $"{path}/audio", $"{path}/peaks", "/api/v1/generate", "/api/v1/quota", "/api/v1/models" })
        {
            using var answer = await UseAsync(script, token, HttpMethod.Get, read);
            await answer.MustBeAsync(HttpStatusCode.OK);
            Assert.Null(answer.Header("Set-Cookie"));
        }

        using var deleted = await UseAsync(script, token, HttpMethod.Delete, path);
        await deleted.MustBeAsync(HttpStatusCode.NoContent);
        owner.Dispose();
    }

    [Fact]
    public async Task Each_scope_opens_its_own_and_the_refusal_names_the_reason()
    {
        var (reader, read) = await OwnerAsync("read");
        var (maker, generate) = await OwnerAsync("generate");
        using var script = edge.NewBrowser();

        using var readerMakes = await UseAsync(script, read, HttpMethod.Post, "/api/v1/generate", new { prompt = "calm piano" });
        await readerMakes.MustBeProblemAsync(HttpStatusCode.Forbidden, "auth.scope_missing");
        foreach (var path in new[] { "/api/v1/quota", "/api/v1/models", "/api/v1/generate" })
        {
            using var makerReads = await UseAsync(script, generate, HttpMethod.Get, path);
            await makerReads.MustBeProblemAsync(HttpStatusCode.Forbidden, "auth.scope_missing");
        }

        reader.Dispose();
        maker.Dispose();
    }

    [Fact]
    public async Task It_opens_nothing_about_the_account_but_the_question_who_it_is()
    {
        var (owner, token) = await OwnerAsync("read", "generate");
        using var script = edge.NewBrowser();

        (HttpMethod, string)[] closed =
        [
            (HttpMethod.Get, "/api/auth/tokens"), (HttpMethod.Post, "/api/auth/tokens"), (HttpMethod.Get, "/api/auth/sessions"),
            (HttpMethod.Post, "/api/auth/change-password"), (HttpMethod.Post, "/api/auth/logout-all"), (HttpMethod.Post, "/api/auth/logout"),
            (HttpMethod.Post, "/api/auth/login"), (HttpMethod.Post, "/api/auth/refresh"), (HttpMethod.Get, "/api/auth/csrf-token"),
            (HttpMethod.Post, "/api/auth/step-up"), (HttpMethod.Get, "/api/auth/factors"), (HttpMethod.Post, "/api/auth/migrate"),
        ];
        foreach (var (method, path) in closed)
        {
            using var answer = await UseAsync(script, token, method, path, method == HttpMethod.Post ? new { } : null);
            await answer.MustBeProblemAsync(HttpStatusCode.Forbidden, "auth.token_not_allowed");
        }

        using var session = await UseAsync(script, token, HttpMethod.Get, "/api/auth/session");
        var who = await session.JsonAsync();
        Assert.True(who["authenticated"]!.GetValue<bool>());
        Assert.Equal(owner.Email, who["user"]!["email"]!.GetValue<string>());
        Assert.Null(who["csrfToken"]);
        Assert.InRange(who["expires_at"]!.GetValue<DateTimeOffset>(), DateTimeOffset.UtcNow.AddDays(29), DateTimeOffset.UtcNow.AddDays(31));
        owner.Dispose();
    }

    [Fact]
    public async Task The_admin_scope_is_worth_the_role_of_now()
    {
        using var owner = await edge.RegisterAsync();
        await StepUpAsync(owner);
        using var early = await MakeAsync(owner, "admin");
        await early.MustBeProblemAsync(HttpStatusCode.Forbidden, "auth.forbidden");

        await SendAsync(new SetRoleCommand(owner.Email, "admin"));
        var admin = await TokenAsync(owner, "admin");
        var plain = await TokenAsync(owner, "read", "generate");
        using var script = edge.NewBrowser();
        await MustAsync(admin, HttpStatusCode.OK, code: null);
        await MustAsync(plain, HttpStatusCode.Forbidden, "auth.scope_missing");

        await SendAsync(new SetRoleCommand(owner.Email, "user"));
        await MustAsync(admin, HttpStatusCode.Forbidden, "auth.forbidden");

        async Task MustAsync(string token, HttpStatusCode status, string? code)
        {
            using var answer = await UseAsync(script, token, HttpMethod.Get, "/api/v1/admin/users");
            await answer.MustBeAsync(status);
            Assert.Equal(code, await answer.CodeAsync());
        }
    }

    [Fact]
    public async Task Ended_ones_are_dead_at_the_next_request_and_the_others_live()
    {
        using var owner = await edge.RegisterAsync();
        await StepUpAsync(owner);
        var (ended, kept) = (await TokenAsync(owner, "read"), await TokenAsync(owner, "read"));
        await MustLiveAsync(ended, lives: true);
        var listed = (await (await owner.GetAsync("/api/auth/tokens")).JsonAsync())["items"]!.AsArray();
        Assert.Equal(2, listed.Count);
        Assert.All(listed, item => Assert.Null(item!["token"]));

        using var deleted = await owner.DeleteAsync($"/api/auth/tokens/{listed[1]!["id"]}"); // the newest comes first
        await deleted.MustBeAsync(HttpStatusCode.NoContent);

        await MustLiveAsync(ended, lives: false);
        await MustLiveAsync(kept, lives: true);
        using var again = await owner.DeleteAsync($"/api/auth/tokens/{listed[1]!["id"]}");
        await again.MustBeProblemAsync(HttpStatusCode.NotFound, "token.not_found");
    }

    [Fact]
    public async Task A_new_password_ends_them()
    {
        var (owner, token) = await OwnerAsync("read");
        await MustLiveAsync(token, lives: true);

        using var changed = await owner.PostAsync("/api/auth/change-password", new { current_password = owner.Password, new_password = "another teapot in orbit" });
        await changed.MustBeAsync(HttpStatusCode.OK);

        await MustLiveAsync(token, lives: false);
        Assert.Empty((await (await owner.GetAsync("/api/auth/tokens")).JsonAsync())["items"]!.AsArray());
        owner.Dispose();
    }

    [Fact]
    public async Task A_shut_account_ends_them()
    {
        var (owner, token) = await OwnerAsync("read");
        await MustLiveAsync(token, lives: true);

        await SendAsync(new DisableUserCommand(owner.Email));

        await MustLiveAsync(token, lives: false);
        owner.Dispose();
    }

    [Fact]
    public async Task Logging_out_everywhere_leaves_them_names_them_and_ends_them_where_asked()
    {
        var (owner, token) = await OwnerAsync("read");

        using var left = await owner.PostAsync("/api/auth/logout-all", new { keep_current = true });
        Assert.Single((await left.JsonAsync())["personal_tokens"]!.AsArray());
        await MustLiveAsync(token, lives: true);

        using var ended = await owner.PostAsync("/api/auth/logout-all", new { keep_current = true, end_tokens = true });
        Assert.Empty((await ended.JsonAsync())["personal_tokens"]!.AsArray());
        await MustLiveAsync(token, lives: false);
        owner.Dispose();
    }

    [Fact]
    public async Task Without_a_step_up_none_is_made()
    {
        using var owner = await edge.RegisterAsync();

        using var answer = await MakeAsync(owner, "read");

        await answer.MustBeProblemAsync(HttpStatusCode.Forbidden, "auth.step_up_required");
    }

    [Fact]
    public async Task Its_own_limit_answers_429_and_stands_in_the_headers()
    {
        using var owner = await edge.RegisterAsync();
        await StepUpAsync(owner);
        using var made = await owner.PostAsync("/api/auth/tokens", new { name = "slow", scopes = new[] { "read" }, expires_in_days = 1, rate_limit_minute = 2 });
        await made.MustBeAsync(HttpStatusCode.Created);
        var token = (await made.JsonAsync())["token"]!.GetValue<string>();
        using var script = edge.NewBrowser();

        using var first = await UseAsync(script, token, HttpMethod.Get, "/api/v1/quota");
        using var second = await UseAsync(script, token, HttpMethod.Get, "/api/v1/quota");
        using var third = await UseAsync(script, token, HttpMethod.Get, "/api/v1/quota");

        Assert.Equal(("2", "1"), (first.Header("X-RateLimit-Minute-Limit"), first.Header("X-RateLimit-Minute-Remaining")));
        await second.MustBeAsync(HttpStatusCode.OK);
        await third.MustBeProblemAsync(HttpStatusCode.TooManyRequests, "rate_limit.exceeded");
        Assert.InRange(int.Parse(third.Header("Retry-After")!, System.Globalization.CultureInfo.InvariantCulture), 55, 61);
    }

    [Theory]
    [InlineData("mgp_")]
    [InlineData("mgp_0000000000000000000000000000000000000000000000000000000")]
    [InlineData("mgp_nonsense")]
    public async Task A_mistyped_one_is_refused(string token)
    {
        using var script = edge.NewBrowser();

        using var answer = await UseAsync(script, token, HttpMethod.Get, "/api/v1/quota");

        await answer.MustBeProblemAsync(HttpStatusCode.Unauthorized, "auth.token_invalid");
    }

    [Fact]
    public async Task One_that_was_made_up_is_refused_and_the_session_of_the_cookies_is_not_asked()
    {
        using var owner = await edge.RegisterAsync();
        var forged = PersonalTokenValue.New(UserId.New(DateTimeOffset.UtcNow)).Text;

        using var answer = await UseAsync(owner, forged, HttpMethod.Get, "/api/v1/quota");

        await answer.MustBeProblemAsync(HttpStatusCode.Unauthorized, "auth.token_invalid");
        using var session = await UseAsync(owner, forged, HttpMethod.Get, "/api/auth/session");
        Assert.False((await session.JsonAsync())["authenticated"]!.GetValue<bool>());
    }

    [Fact]
    public async Task Too_many_made_up_ones_are_counted_and_refused_in_nobodys_name()
    {
        using var thief = edge.NewBrowser();
        thief.IsPatient = false;
        var user = UserId.New(DateTimeOffset.UtcNow);

        var answers = new List<HttpResponseMessage>();
        for (var i = 0; i < 61; i++)
            answers.Add(await UseAsync(thief, PersonalTokenValue.New(user).Text, HttpMethod.Get, "/api/v1/quota"));

        Assert.All(answers.SkipLast(1), a => Assert.Equal(HttpStatusCode.Unauthorized, a.StatusCode));
        await answers[^1].MustBeProblemAsync(HttpStatusCode.TooManyRequests, "rate_limit.exceeded");
        Assert.InRange(int.Parse(answers[^1].Header("Retry-After")!, System.Globalization.CultureInfo.InvariantCulture), 1, 61);
        Assert.Equal("free", answers[^1].Header("X-RateLimit-Tier"));
        Assert.Equal($"{5000 - 61}", answers[^1].Header("X-RateLimit-Minute-Remaining"));
        Assert.Contains("\"minute\";q=5000;w=60", answers[^1].Header("RateLimit-Policy"), StringComparison.Ordinal);
        Assert.Equal("anonymous", await ActorOfAsync(thief.Address, "rate_limit.exceeded"));
    }

    // No request waits until the trail has what the edge refused.
    private async Task<string> ActorOfAsync(string address, string reason)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        string? actor;
        while ((actor = await edge.App.InScopeAsync(s => s.GetRequiredService<IMusicGenDbContext>().AuditEntries
            .Where(e => e.Address == address && e.Reason == reason).Select(e => e.Actor).FirstOrDefaultAsync(patience.Token))) is null)
            await Task.Delay(50, patience.Token);
        return actor;
    }

    private async Task<(Browser Owner, string Token)> OwnerAsync(params string[] scopes)
    {
        var owner = await edge.RegisterAsync();
        await StepUpAsync(owner);
        return (owner, await TokenAsync(owner, scopes));
    }

    internal static async Task StepUpAsync(Browser owner)
    {
        using var answer = await owner.PostAsync("/api/auth/step-up", new { password = owner.Password });
        await answer.MustBeAsync(HttpStatusCode.OK);
    }

    internal static Task<HttpResponseMessage> MakeAsync(Browser owner, params string[] scopes) =>
        owner.PostAsync("/api/auth/tokens", new { name = "a script", scopes, expires_in_days = 30 });

    internal static async Task<string> TokenAsync(Browser owner, params string[] scopes)
    {
        using var answer = await MakeAsync(owner, scopes);
        await answer.MustBeAsync(HttpStatusCode.Created);
        return (await answer.JsonAsync())["token"]!.GetValue<string>();
    }

    internal static Task<HttpResponseMessage> UseAsync(Browser script, string token, HttpMethod method, string path, object? body = null) =>
        script.SendAsync(method, path, body is null ? null : JsonContent.Create(body), csrf: false, headers: [("Authorization", $"Bearer {token}")]);

    private async Task MustLiveAsync(string token, bool lives)
    {
        using var script = edge.NewBrowser();
        using var answer = await UseAsync(script, token, HttpMethod.Get, "/api/v1/quota");
        if (lives)
            await answer.MustBeAsync(HttpStatusCode.OK);
        else
            await answer.MustBeProblemAsync(HttpStatusCode.Unauthorized, "auth.token_invalid");
    }

    private async Task SendAsync<T>(IRequest<T> command) =>
        await edge.App.InScopeAsync(s => s.GetRequiredService<ISender>().Send(command, TestContext.Current.CancellationToken));
}
