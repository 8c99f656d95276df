using Microsoft.AspNetCore.Http;
using MusicGen.Application.Sessions;
using MusicGen.Domain.Sessions;
using MusicGen.WebApi.Security;

namespace MusicGen.Unit.WebApi.Security;

public class SessionCookiesTests
{
    [Theory]
    [InlineData("localhost")]
    [InlineData("127.0.0.1")]
    [InlineData("[::1]")]
    public void On_loopback_in_Development_the_names_are_bare(string host)
    {
        var cookies = Written("Development", host);

        Assert.Equal("max-age=900; path=/; samesite=strict; httponly", cookies["auth_token"]);
        Assert.Equal("max-age=604800; path=/; samesite=strict; httponly", cookies["refresh_token"]);
        Assert.Equal("max-age=604800; path=/; samesite=strict", cookies["csrf_token"]);
        Assert.Equal("max-age=31536000; path=/; samesite=strict; httponly", cookies["device_id"]);
        Assert.Equal(4, cookies.Count);
    }

    [Theory]
    [InlineData("Production", "localhost")]
    [InlineData("Production", "music.example.org")]
    [InlineData("Staging", "music.example.org")]
    [InlineData("Development", "music.example.org")]
    public void Everywhere_else_they_are_bound_to_the_host_and_to_TLS(string environment, string host)
    {
        var cookies = Written(environment, host);

        Assert.Equal("max-age=900; path=/; secure; samesite=strict; httponly", cookies["__Host-auth_token"]);
        Assert.Equal("max-age=604800; path=/; secure; samesite=strict", cookies["__Host-csrf_token"]);
        Assert.All(cookies, c => Assert.StartsWith("__Host-", c.Key, StringComparison.Ordinal));
        Assert.All(cookies, c => Assert.DoesNotContain("domain", c.Value, StringComparison.Ordinal));
    }

    [Fact]
    public void Signing_out_takes_all_but_the_device_cookie()
    {
        var (cookies, context) = (new SessionCookies(Edges.Of()), Request("localhost"));

        cookies.Clear(context);

        var cleared = Parse(context);
        Assert.Equal(["auth_token", "csrf_token", "refresh_token"], cleared.Keys.Order());
        Assert.All(cleared, c => Assert.Contains("expires=thu, 01 jan 1970", c.Value, StringComparison.Ordinal));
    }

    [Fact]
    public void A_Bearer_request_neither_reads_nor_sets_a_cookie()
    {
        var (cookies, context) = (new SessionCookies(Edges.Of()), Request("localhost"));
        context.Request.Headers.Cookie = "auth_token=a; refresh_token=r";
        context.Request.Headers.Authorization = "Bearer token";

        cookies.WriteCsrf(context, "csrf", TimeSpan.FromDays(1));

        Assert.Null(cookies.ReadAccessToken(context.Request));
        Assert.Null(cookies.ReadRefreshToken(context.Request));
        Assert.Equal(0, context.Response.Headers.SetCookie.Count);
    }

    // A browser sends what a sibling host or a longer path planted beside our own, in an order of its choosing.
    [Theory]
    [InlineData("auth_token=a", "a")]
    [InlineData("auth_token=a; auth_token=a", "a")]
    [InlineData("auth_token=a; auth_token=b", null)]
    [InlineData("auth_token=; auth_token=b", null)]
    [InlineData("x_auth_token=b; auth_token=a", "a")]
    [InlineData("auth_token2=b; auth_token=a", "a")]
    [InlineData("AUTH_TOKEN=b; auth_token=a", "a")]
    [InlineData("auth_token =b; auth_token=a", "a")]
    [InlineData("%61uth_token=b; auth_token=a", "a")]
    [InlineData("auth_token=a%2Bb", "a+b")]
    [InlineData("auth_token", null)]
    [InlineData("", null)]
    public void Of_two_that_differ_none_counts_and_names_count_letter_by_letter(string header, string? value)
    {
        var context = Request("localhost");
        context.Request.Headers.Cookie = header;

        Assert.Equal(value, new SessionCookies(Edges.Of()).ReadAccessToken(context.Request));
    }

    [Fact]
    public void Two_headers_are_read_as_one()
    {
        var context = Request("localhost");
        context.Request.Headers.Cookie = new Microsoft.Extensions.Primitives.StringValues(["refresh_token=a", "refresh_token=b; csrf_token=c"]);

        Assert.Null(new SessionCookies(Edges.Of()).ReadRefreshToken(context.Request));
        Assert.Equal("c", new SessionCookies(Edges.Of()).ReadCsrfToken(context.Request));
    }

    [Fact]
    public void A_proxys_own_log_in_is_none_of_ours()
    {
        var context = Request("localhost");
        context.Request.Headers.Cookie = "auth_token=a";
        context.Request.Headers.Authorization = "Basic abc";

        Assert.Equal("a", new SessionCookies(Edges.Of()).ReadAccessToken(context.Request));
    }

    private static Dictionary<string, string> Written(string environment, string host)
    {
        var context = Request(host);
        var edge = Edges.Of(environment == "Development" ? null : new EdgeOptions { PublicUrl = "https://music.example.org" }, environment);
        var user = new UserView("id", "a@example.org", "a", ["user"], "free", IsVerified: true);
        var session = new OpenSession(default, SessionId.New(), 0, Remembered: false, "refresh", TimeSpan.FromDays(7));
        var token = new AccessToken("jwt", "jti", DateTimeOffset.UtcNow, TimeSpan.FromMinutes(15));
        new SessionCookies(edge).Write(context, new SignedIn(user, token, session, "device"), "csrf");
        return Parse(context);
    }

    private static DefaultHttpContext Request(string host)
    {
        var context = new DefaultHttpContext();
        context.Request.Host = new HostString(host);
        return context;
    }

    private static Dictionary<string, string> Parse(HttpContext context) => context.Response.Headers.SetCookie
        .Select(c => c!.ToLowerInvariant().Replace("__host-", "__Host-", StringComparison.Ordinal).Split("; ", 2))
        .ToDictionary(c => c[0][..c[0].IndexOf('=', StringComparison.Ordinal)], c => c[1]);
}
