using System.Net;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Edge;

/// <summary>What every answer tells the browser, whatever kind of answer it is.</summary>
public sealed class SecurityHeadersTests(MusicGenApp app)
{
    private static readonly string[] Paths =
        ["/", "/js/app.js", "/api/auth/session", "/api/v1/quota", "/api/nowhere", "/nowhere", "/health/live", "/openapi/v1.json", "/.well-known/jwks.json"];

    [Fact]
    public async Task Every_answer_is_what_it_says_and_is_shown_in_no_frame()
    {
        using var browser = app.NewBrowser();
        foreach (var path in Paths)
        {
            using var answer = await browser.GetAsync(path);

            Assert.Equal((path, "nosniff"), (path, answer.Header("X-Content-Type-Options")));
            Assert.Equal((path, "no-referrer"), (path, answer.Header("Referrer-Policy")));
            Assert.Equal((path, "DENY"), (path, answer.Header("X-Frame-Options")));
            Assert.Equal((path, "same-origin"), (path, answer.Header("Cross-Origin-Opener-Policy")));
            Assert.Equal((path, "same-origin"), (path, answer.Header("Cross-Origin-Resource-Policy")));
            var policy = Policy(answer);
            Assert.Equal((path, "'none'"), (path, policy["default-src"]));
            Assert.Equal((path, "'none'"), (path, policy["frame-ancestors"]));
            Assert.Equal((path, "'none'"), (path, policy["base-uri"]));
        }
    }

    [Fact]
    public async Task The_page_runs_its_own_files_only_and_data_nothing_at_all()
    {
        using var browser = app.NewBrowser();
        using var page = await browser.GetAsync("/");
        using var data = await browser.GetAsync("/api/auth/session");

        Assert.Equal("'self'", Policy(page)["script-src"]);
        Assert.Equal("'self'", Policy(page)["style-src"]);
        Assert.Equal("'script'", Policy(page)["require-trusted-types-for"]);
        Assert.Equal(["base-uri", "default-src", "form-action", "frame-ancestors"], Policy(data).Keys.Order(StringComparer.Ordinal));
        Assert.Equal("no-store", data.Header("Cache-Control"));
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/api/v1/generate")]
    [InlineData("/api/auth/session")]
    public async Task Trace_echoes_nothing(string path)
    {
        using var client = new HttpClient { BaseAddress = app.Address };
        using var request = new HttpRequestMessage(HttpMethod.Trace, path);
        request.Headers.Add("X-Echo", "what came");
        using var answer = await client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Contains(answer.StatusCode, new[] { HttpStatusCode.MethodNotAllowed, HttpStatusCode.NotFound, HttpStatusCode.Unauthorized });
        Assert.DoesNotContain("what came", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    private static Dictionary<string, string> Policy(HttpResponseMessage answer) => answer.Header("Content-Security-Policy")!
        .Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(d => d.Split(' ', 2)).ToDictionary(d => d[0], d => d[1]);
}
