using System.Net;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Edge;

public class CorsTests(EdgeApp edge)
{
    [Theory]
    [InlineData("https://front.example.org")]
    [InlineData("http://localhost:3000")]
    [InlineData("http://127.0.0.1:51234")]
    [InlineData("http://[::1]:8080")]
    public async Task An_allowed_origin_gets_its_preflight(string origin)
    {
        using var answer = await PreflightAsync(origin, "POST", "content-type,x-csrf-token,idempotency-key");

        await answer.MustBeAsync(HttpStatusCode.NoContent);
        Assert.Equal(origin, answer.Header("Access-Control-Allow-Origin"));
        Assert.Equal("true", answer.Header("Access-Control-Allow-Credentials"));
        Assert.Equal("7200", answer.Header("Access-Control-Max-Age"));
        Assert.Null(answer.Header("RateLimit"));
    }

    [Theory]
    [InlineData("null")]
    [InlineData("")]
    [InlineData("https://evil.example")]
    [InlineData("https://front.example.org.evil.example")]
    [InlineData("https://FRONT.example.org")]
    [InlineData("https://front.example.org:8443")]
    [InlineData("http://front.example.org")]
    [InlineData("https://front.example.org/")]
    [InlineData("front.example.org")]
    [InlineData("http://localhost:3000:3000")]
    [InlineData("http://LOCALHOST:3000")]
    public async Task Any_other_origin_is_refused_in_words(string origin)
    {
        using var answer = await PreflightAsync(origin, "POST", "content-type");

        await answer.MustBeProblemAsync(HttpStatusCode.Forbidden, "cors.origin_refused");
        Assert.Null(answer.Header("Access-Control-Allow-Origin"));
    }

    [Theory]
    [InlineData("TRACE", "content-type")]
    [InlineData("POST", "x-evil")]
    public async Task Methods_and_headers_beyond_the_list_are_refused(string method, string header)
    {
        using var answer = await PreflightAsync("https://front.example.org", method, header);

        await answer.MustBeProblemAsync(HttpStatusCode.Forbidden, "cors.origin_refused");
    }

    [Fact]
    public async Task Errors_and_limits_are_readable_across_origins()
    {
        using var browser = edge.NewBrowser();

        using var answer = await browser.SendAsync(HttpMethod.Get, "/api/v1/quota", headers: [("Origin", "https://front.example.org")]);

        await answer.MustBeProblemAsync(HttpStatusCode.Unauthorized, "auth.required");
        Assert.Equal("https://front.example.org", answer.Header("Access-Control-Allow-Origin"));
        foreach (var name in (string[])["RateLimit", "Retry-After", "X-Request-ID", "Content-Disposition", "X-RateLimit-Minute-Remaining"])
            Assert.Contains(name, answer.Header("Access-Control-Expose-Headers"), StringComparison.Ordinal);
        Assert.Contains("Origin", answer.Header("Vary"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refused_origin_reads_nothing()
    {
        using var browser = edge.NewBrowser();

        using var answer = await browser.SendAsync(HttpMethod.Get, "/api/v1/models", headers: [("Origin", "https://evil.example")]);

        await answer.MustBeAsync(HttpStatusCode.OK);
        Assert.Null(answer.Header("Access-Control-Allow-Origin"));
        Assert.Contains("Origin", answer.Header("Vary"), StringComparison.Ordinal);
    }

    private async Task<HttpResponseMessage> PreflightAsync(string origin, string method, string headers)
    {
        using var browser = edge.NewBrowser();
        return await browser.SendAsync(HttpMethod.Options, "/api/v1/generate", csrf: false, headers:
            [("Origin", origin), ("Access-Control-Request-Method", method), ("Access-Control-Request-Headers", headers)]);
    }
}
