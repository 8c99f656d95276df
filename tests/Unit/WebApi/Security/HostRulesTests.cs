using System.Net;
using Microsoft.AspNetCore.Http;
using MusicGen.WebApi.Security;

namespace MusicGen.Unit.WebApi.Security;

public class HostRulesTests
{
    private static readonly EdgeOptions Options = new() { PublicUrl = "https://music.test", AllowedHosts = "intern.music.test" };

    [Theory]
    [InlineData("evil.example"), InlineData("music.test.evil.example"), InlineData("xmusic.test"), InlineData("198.51.100.7"), InlineData("")]
    public void A_name_that_nobody_allowed_is_refused_with_advice(string host) =>
        Assert.Contains("ALLOWED_HOSTS", Refusal("/api/auth/session", host, "https", vouched: true), StringComparison.Ordinal);

    [Theory]
    [InlineData("music.test"), InlineData("MUSIC.test"), InlineData("music.test:443"), InlineData("intern.music.test"), InlineData("localhost:8000"), InlineData("127.0.0.1"), InlineData("[::1]:8000")]
    public void The_names_of_the_service_and_of_this_machine_pass(string host) => Assert.Null(Refusal("/api/auth/session", host, "https", vouched: true));

    [Fact]
    public void A_browser_that_a_proxy_saw_on_plain_http_is_refused() =>
        Assert.Contains("Use https", Refusal("/", "music.test", "http", vouched: true), StringComparison.Ordinal);

    [Fact]
    public void Behind_a_proxy_that_vouches_for_nothing_plain_http_says_nothing_about_the_browser() => Assert.Null(Refusal("/", "music.test", "http", vouched: false));

    [Theory]
    [InlineData("/health"), InlineData("/health/live"), InlineData("/metrics"), InlineData("/metrics/")]
    public void Probes_come_by_address(string path) => Assert.Null(Refusal(path, "198.51.100.7", "http", vouched: false));

    [Fact]
    public void The_name_that_a_proxy_forwards_is_not_looked_at()
    {
        var context = Context("/api/auth/session", "music.test");
        context.Request.Headers["X-Forwarded-Host"] = "evil.example";

        Assert.Null(HostRules.Refusal(context, Client("https", vouched: true), Edges.Of(Options, "Production")));
    }

    private static string? Refusal(string path, string host, string scheme, bool vouched) =>
        HostRules.Refusal(Context(path, host), Client(scheme, vouched), Edges.Of(Options, "Production"));

    private static ClientAddress Client(string scheme, bool vouched) => new(IPAddress.Parse("203.0.113.9"), scheme, vouched, HasUntrustedHeader: false);

    private static DefaultHttpContext Context(string path, string host) => new() { Request = { Path = path, Host = new HostString(host) } };
}
