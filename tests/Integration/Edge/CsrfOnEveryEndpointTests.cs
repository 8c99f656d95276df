using System.Net;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc.Controllers;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using MusicGen.Integration.Support;
using MusicGen.WebApi.Security;

namespace MusicGen.Integration.Edge;

/// <summary>Walks every endpoint that there is: one that changes something without protection breaks the build.</summary>
public class CsrfOnEveryEndpointTests(EdgeApp edge)
{
    private static readonly string[] Unsafe = ["POST", "PUT", "PATCH", "DELETE"];

    [Fact]
    public async Task Every_endpoint_that_changes_something_refuses_without_the_token()
    {
        using var browser = await edge.RegisterAsync();
        var endpoints = UnsafeEndpoints();

        Assert.True(endpoints.Count >= 15, "The walk found too little.");
        foreach (var (method, path) in endpoints)
        {
            using var answer = await browser.SendAsync(new HttpMethod(method), path, JsonContent.Create(new { }), csrf: false);
            await answer.MustBeProblemAsync(HttpStatusCode.Forbidden, "csrf.missing");
        }

        Assert.True((await browser.SessionAsync())["authenticated"]!.GetValue<bool>(), "A CSRF refusal ended the session.");
    }

    [Fact]
    public async Task Every_endpoint_that_changes_something_refuses_a_page_of_another_site()
    {
        using var browser = await edge.RegisterAsync();

        foreach (var (method, path) in UnsafeEndpoints())
        {
            using var answer = await browser.SendAsync(new HttpMethod(method), path, JsonContent.Create(new { }), headers: [("Origin", "https://evil.example"), ("Sec-Fetch-Site", "cross-site")]);
            await answer.MustBeProblemAsync(HttpStatusCode.Forbidden, "csrf.cross_site");
        }
    }

    [Fact]
    public async Task Every_protected_endpoint_says_401_to_a_stranger_before_anything_else()
    {
        var count = 0;
        foreach (var endpoint in Endpoints().Where(e => e.Metadata.GetMetadata<IAuthorizeData>() is not null && e.Metadata.GetMetadata<IAllowAnonymous>() is null))
        {
            using var stranger = edge.NewBrowser();
            var method = Methods(endpoint)[0];
            using var answer = await stranger.SendAsync(new HttpMethod(method), Path(endpoint), csrf: false);
            if (method == "HEAD")
                await answer.MustBeAsync(HttpStatusCode.Unauthorized);
            else
                await answer.MustBeProblemAsync(HttpStatusCode.Unauthorized, "auth.required");
            count++;
        }

        Assert.True(count >= 15, "The walk found too little.");
    }

    [Fact]
    public void Every_action_says_who_may_call_it()
    {
        Assert.All(Endpoints(), e => Assert.True(
            e.Metadata.GetMetadata<IAuthorizeData>() is not null || e.Metadata.GetMetadata<IAllowAnonymous>() is not null, e.DisplayName));
    }

    [Fact]
    public void Nothing_is_exempt_but_what_is_listed_here()
    {
        Assert.DoesNotContain(Endpoints(), e => e.Metadata.GetMetadata<CsrfExemptAttribute>() is not null);
        Assert.Equal(
            [("/csp-report", false), ("/admin/jobs/stats", true)],
            Others().Select(e => (e.RoutePattern.RawText, Exemption: e.Metadata.GetMetadata<CsrfExemptAttribute>())).Where(e => e.Exemption is not null).Select(e => (e.RawText!, e.Exemption!.ChecksOrigin)));
        Assert.Equal(
            ["/csp-report", "/admin/jobs/stats"],
            Others().Where(e => e.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods.Any(Unsafe.Contains) == true).Select(e => e.RoutePattern.RawText));
    }

    [Fact]
    public async Task The_token_of_another_session_is_invalid_and_the_own_one_passes()
    {
        using var mine = await edge.RegisterAsync();
        using var other = await edge.RegisterAsync();
        var foreign = other.Cookie("csrf_token")!;

        using var crossed = await mine.SendAsync(HttpMethod.Post, "/api/auth/logout-all", csrf: false, headers: [("X-CSRF-Token", foreign)]);
        await crossed.MustBeProblemAsync(HttpStatusCode.Forbidden, "csrf.invalid");

        using var own = await mine.PostAsync("/api/auth/logout-all", new { keep_current = true });
        await own.MustBeAsync(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_sibling_page_that_is_allowed_passes_with_the_token()
    {
        using var browser = await edge.RegisterAsync();

        using var answer = await browser.SendAsync(
            HttpMethod.Post, "/api/auth/logout-all", JsonContent.Create(new { keep_current = true }),
            headers: [("Origin", "https://front.example.org"), ("Sec-Fetch-Site", "same-site")]);

        await answer.MustBeAsync(HttpStatusCode.OK);
        Assert.Equal("https://front.example.org", answer.Header("Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task A_Bearer_request_needs_no_token_and_touches_no_cookie()
    {
        using var browser = await edge.RegisterAsync();
        using var script = edge.NewBrowser();

        using var answer = await script.SendAsync(
            HttpMethod.Post, "/api/auth/logout-all", JsonContent.Create(new { keep_current = true }), csrf: false,
            headers: [("Authorization", $"Bearer {browser.Cookie("auth_token")}")]);

        await answer.MustBeAsync(HttpStatusCode.OK);
        Assert.Null(answer.Header("Set-Cookie"));
    }

    [Fact]
    public async Task Signing_in_with_a_Bearer_header_opens_no_session_that_nobody_has()
    {
        using var script = edge.NewBrowser();

        using var answer = await script.SendAsync(
            HttpMethod.Post, "/api/auth/login", JsonContent.Create(new { email = "a@example.org", password = "x" }), csrf: false, headers: [("Authorization", "Bearer junk")]);

        await answer.MustBeProblemAsync(HttpStatusCode.BadRequest, "request.invalid");
    }

    private List<(string Method, string Path)> UnsafeEndpoints() =>
        [.. Endpoints().SelectMany(e => Methods(e).Where(Unsafe.Contains).Select(m => (m, Path(e))))];

    // What is not an action of a controller.
    private List<RouteEndpoint> Others() =>
        [.. edge.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>().Except(Endpoints())];

    private List<RouteEndpoint> Endpoints() =>
        [.. edge.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(e => e.Metadata.GetMetadata<ControllerActionDescriptor>() is not null)];

    private static IReadOnlyList<string> Methods(RouteEndpoint endpoint) => endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods;

    private static string Path(RouteEndpoint endpoint) =>
        "/" + System.Text.RegularExpressions.Regex.Replace(endpoint.RoutePattern.RawText!, @"\{[^}]*\}", "0190a000-0000-7000-8000-000000000000");
}
