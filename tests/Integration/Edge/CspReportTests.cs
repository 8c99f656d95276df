using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using MusicGen.Application.Pipeline;
using MusicGen.Integration.Support;
using MusicGen.WebApi.Security;

namespace MusicGen.Integration.Edge;

/// <summary>What browsers tell of the page's policy: taken without a token, bounded, counted, and believed in nothing.</summary>
public sealed class CspReportTests(MusicGenApp app)
{
    private const string Old = """{"csp-report":{"violated-directive":"script-src-elem https://x","blocked-uri":"https://evil.example/secret?token=1","document-uri":"https://m/"}}""";
    private const string New = """[{"type":"csp-violation","body":{"effectiveDirective":"img-src","blockedURL":"inline"}},{"type":"csp-violation","body":{"effectiveDirective":"made-up","blockedURL":"x"}}]""";

    [Theory]
    [InlineData("application/csp-report", Old, "script-src-elem")]
    [InlineData("application/reports+json", New, "img-src", "other")]
    [InlineData("application/json", Old, "script-src-elem")]
    [InlineData("application/csp-report", "no json")]
    [InlineData("application/csp-report", "[[[[[[[[[[[[[[[[")]
    [InlineData("application/csp-report", "7")]
    [InlineData("application/reports+json", "[7,null,{\"body\":7}]")]
    public async Task A_report_is_counted_by_its_directive_and_answered_with_nothing(string type, string body, params string[] directives)
    {
        using var counted = new Counted("musicgen.csp.reports", "directive");
        using var answer = await SendAsync(type, body, "203.0.113.90");

        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        Assert.Equal(directives, counted.Tags);
    }

    [Fact]
    public async Task A_report_of_more_than_8_KB_or_of_another_type_is_refused()
    {
        using var large = await SendAsync("application/csp-report", new string('x', (8 * 1024) + 1), "203.0.113.91");
        using var other = await SendAsync("text/plain", Old, "203.0.113.91");

        await large.MustBeProblemAsync(HttpStatusCode.RequestEntityTooLarge, "request.too_large");
        await other.MustBeProblemAsync(HttpStatusCode.UnsupportedMediaType, "request.content_type");
    }

    [Fact]
    public async Task An_address_may_send_sixty_a_minute_and_holds_no_other_up()
    {
        HttpStatusCode last = default;
        for (var i = 0; i < 61; i++)
        {
            using var answer = await SendAsync("application/csp-report", Old, "203.0.113.92");
            last = answer.StatusCode;
            if (i < 60)
            {
                Assert.Equal(HttpStatusCode.NoContent, last);
                continue;
            }

            await answer.MustBeProblemAsync(HttpStatusCode.TooManyRequests, "rate_limit.exceeded");
            Assert.InRange(answer.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);
        }

        using var elsewhere = await SendAsync("application/csp-report", Old, "203.0.113.93");
        Assert.Equal(HttpStatusCode.NoContent, elsewhere.StatusCode);
    }

    [Fact]
    public async Task The_pages_policy_names_the_endpoint_and_data_has_none()
    {
        using var browser = app.NewBrowser();
        using var page = await browser.GetAsync("/");
        using var data = await browser.GetAsync("/api/auth/session");

        Assert.Contains("report-uri /csp-report; report-to csp", page.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.Equal("csp=\"/csp-report\"", page.Headers.GetValues("Reporting-Endpoints").Single());
        Assert.DoesNotContain("report", data.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_that_are_no_text_are_no_report() =>
        Assert.Empty(CspReports.Parse(new ReadOnlyMemory<byte>([.. "{\"csp-report\":{\"effective-directive\":\""u8, 0xED, 0xA0, 0x80, .. "\"}}"u8])));

    // A log line is written from it: nothing of a stranger's text gets there.
    [Theory]
    [InlineData("https://evil.example/secret?token=1", "https://evil.example")]
    [InlineData("wss://evil.example:8443/x", "wss://evil.example:8443")]
    [InlineData("eval", "eval")]
    [InlineData("inline\r\n[ERR] all is lost", "something else")]
    [InlineData("javascript:alert(1)", "something else")]
    [InlineData(null, "something else")]
    public void Of_what_was_blocked_only_the_origin_or_a_known_word_is_kept(string? blocked, string kept)
    {
        var body = System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object?> { ["csp-report"] = new Dictionary<string, string?> { ["effective-directive"] = "img-src", ["blocked-uri"] = blocked } });

        Assert.Equal([("img-src", kept)], CspReports.Parse(body));
    }

    private async Task<HttpResponseMessage> SendAsync(string type, string body, string address)
    {
        using var client = new HttpClient { BaseAddress = app.Address };
        using var request = new HttpRequestMessage(HttpMethod.Post, CspReports.Path) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(type);
        request.Headers.Add("X-Forwarded-For", address);
        request.Headers.Add("Sec-Fetch-Site", "same-origin");
        return await client.SendAsync(request, TestContext.Current.CancellationToken);
    }
}

/// <summary>What an instrument of the product counted while this lived, by one of its tags.</summary>
internal sealed class Counted : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly List<string> _tags = [];

    public Counted(string instrument, string tag)
    {
        _listener.InstrumentPublished = (published, listener) =>
        {
            if (published.Meter.Name == Telemetry.Name && published.Name == instrument)
                listener.EnableMeasurementEvents(published);
        };
        _listener.SetMeasurementEventCallback<long>((_, _, tags, _) =>
        {
            lock (_tags)
                _tags.Add(tags.ToArray().Single(t => t.Key == tag).Value!.ToString()!);
        });
        _listener.Start();
    }

    public IReadOnlyList<string> Tags
    {
        get
        {
            lock (_tags)
                return [.. _tags];
        }
    }

    public void Dispose() => _listener.Dispose();
}
