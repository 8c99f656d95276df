using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Edge;

/// <summary>Each request is read in one way, or refused: no two parsers on its way may see two requests in it.</summary>
public sealed class OneMeaningTests(EdgeApp edge)
{
    // Each would be another text if anybody decoded once more, or read a template into it.
    private const string Hostile =
        "%2527%253Cscript%253E \\u003cb\\u003e &lt;i&gt;&#39; </script><!-- \" ' \\ {0} {{7*7}} ${x} %s \u2028\u2029 \u202Eabc \u00e9 e\u0301 \U0001F3B5 é";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/api/v1/generate?limit=1&limit=2", "limit")]
    [InlineData("/api/v1/generate?limit=1&LIMIT=1", "limit")]
    [InlineData("/api/v1/generate?cursor=&%63ursor=", "cursor")]
    [InlineData("/api/v1/generate?status=failed&limit=1&status=completed", "status")]
    [InlineData("/api/v1/quota?x=1&x=2", "x")]
    [InlineData("/api/auth/session?x=1&x=2", "x")]
    public async Task A_query_parameter_that_stands_twice_is_refused_by_name(string path, string name)
    {
        using var browser = await edge.RegisterAsync();

        using var answer = await browser.GetAsync(path);

        await answer.MustBeProblemAsync(HttpStatusCode.BadRequest, "request.invalid");
        Assert.Equal(name, Assert.Single((await answer.JsonAsync())["errors"]!.AsObject()).Key);
    }

    [Fact]
    public async Task Strangers_learn_nothing_by_a_query_that_stands_twice()
    {
        using var stranger = edge.NewBrowser();

        using var answer = await stranger.GetAsync("/api/v1/generate?limit=1&limit=2");

        await answer.MustBeProblemAsync(HttpStatusCode.Unauthorized, "auth.required");
    }

    [Theory]
    [InlineData("{0}", true)]
    [InlineData("{0}; {0}", true)]
    [InlineData("{0}; auth_token=planted", false)]
    [InlineData("auth_token=planted; {0}", false)]
    [InlineData("auth_token=; {0}", false)]
    [InlineData("AUTH_TOKEN=planted; {0}", true)]
    public async Task A_cookie_of_ours_counts_once_or_not_at_all(string header, bool isIn)
    {
        using var browser = await edge.RegisterAsync();
        using var client = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = edge.App.Address };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/quota");
        request.Headers.TryAddWithoutValidation("Cookie", header.Replace("{0}", $"auth_token={browser.Cookie("auth_token")}", StringComparison.Ordinal));

        using var answer = await client.SendAsync(request, Ct);

        if (isIn)
            await answer.MustBeAsync(HttpStatusCode.OK);
        else
            await answer.MustBeProblemAsync(HttpStatusCode.Unauthorized, "auth.required");
    }

    public static TheoryData<string, string, HttpStatusCode, string> Encodings { get; } = new()
    {
        { "utf-8", "application/json; charset=utf-16", HttpStatusCode.UnsupportedMediaType, "request.content_type" },
        { "utf-8", "application/json; charset=iso-8859-1", HttpStatusCode.UnsupportedMediaType, "request.content_type" },
        { "utf-16", "application/json", HttpStatusCode.BadRequest, "request.invalid" },
        { "utf-16", "application/json; charset=utf-16", HttpStatusCode.UnsupportedMediaType, "request.content_type" },
        { "utf-32", "application/json", HttpStatusCode.BadRequest, "request.invalid" },
        { "utf-7", "application/json; charset=utf-7", HttpStatusCode.UnsupportedMediaType, "request.content_type" },
        { "bom", "application/json", HttpStatusCode.BadRequest, "request.invalid" },
        { "latin", "application/json", HttpStatusCode.BadRequest, "request.invalid" },
        { "utf-8", "application/json;charset=utf-8, text/plain", HttpStatusCode.UnsupportedMediaType, "request.content_type" },
        { "utf-8", "application/vnd.api+json", HttpStatusCode.UnsupportedMediaType, "request.content_type" },
        { "utf-8", "application/json; charset=UTF-8", HttpStatusCode.Accepted, "" },
        { "utf-8", "Application/JSON", HttpStatusCode.Accepted, "" },
    };

    [Theory]
    [MemberData(nameof(Encodings))]
    public async Task A_body_is_utf_8_without_a_mark_or_refused(string encoding, string type, HttpStatusCode status, string code)
    {
        using var browser = await edge.RegisterAsync();
        const string Body = "{\"prompt\":\"calm piano, café\",\"duration\":1}";
        using var content = new ByteArrayContent(encoding switch
        {
            "utf-16" => Encoding.Unicode.GetBytes(Body),
            "utf-32" => Encoding.UTF32.GetBytes(Body),
            "bom" => [.. Encoding.UTF8.GetPreamble(), .. Encoding.UTF8.GetBytes(Body)],
            "latin" => Encoding.Latin1.GetBytes(Body),
            _ => Encoding.UTF8.GetBytes(Body),
        });
        content.Headers.TryAddWithoutValidation("Content-Type", type);

        using var answer = await browser.SendAsync(HttpMethod.Post, "/api/v1/generate", content);

        if (code.Length == 0)
            await answer.MustBeAsync(status);
        else
            await answer.MustBeProblemAsync(status, code);
    }

    [Theory]
    [InlineData("gzip", true)]
    [InlineData("gzip", false)]
    [InlineData("br", false)]
    [InlineData("x-unknown", false)]
    [InlineData("identity, gzip", false)]
    public async Task A_packed_body_is_refused_unread(string encoding, bool isPacked)
    {
        using var browser = await edge.RegisterAsync();
        var body = "{\"prompt\":\"calm piano\",\"duration\":1}"u8.ToArray();
        using var content = new ByteArrayContent(isPacked ? Packed(body) : body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        content.Headers.TryAddWithoutValidation("Content-Encoding", encoding);

        using var answer = await browser.SendAsync(HttpMethod.Post, "/api/v1/generate", content);

        await answer.MustBeProblemAsync(HttpStatusCode.UnsupportedMediaType, "request.content_type");
    }

    [Fact]
    public async Task Text_comes_back_as_it_was_sent_through_json_events_and_lists_and_is_decoded_once()
    {
        using var browser = await edge.RegisterAsync();
        using var sent = await browser.GenerateAsync(new { prompt = Hostile, duration = 1, seed = 1 });
        await sent.MustBeAsync(HttpStatusCode.Accepted);
        var id = (await sent.JsonAsync())["task_id"]!.GetValue<string>();

        var done = await browser.WaitAsync(id);
        using var events = await browser.GetAsync($"/api/v1/generate/{id}/events");
        var stream = await events.Content.ReadAsStringAsync(Ct);
        var list = await browser.GetJsonAsync("/api/v1/generate?limit=1");

        Assert.Equal(Hostile, done["prompt"]!.GetValue<string>());
        Assert.Equal(Hostile, list["items"]![0]!["prompt"]!.GetValue<string>());
        var data = Assert.Single(stream.Split('\n'), l => l.StartsWith("data: ", StringComparison.Ordinal) && l.Contains("task_id", StringComparison.Ordinal));
        Assert.Equal(Hostile, JsonNode.Parse(data["data: ".Length..])!["prompt"]!.GetValue<string>());
        Assert.All(stream.Split('\n').Where(l => l.Length > 0), l => Assert.Matches("^(event|id|data|retry): |^:", l));
    }

    // Escapes of JSON are decoded once, by the parser; what they make is text, and an escape in it stays one.
    [Theory]
    [InlineData("\\u005cu003cb\\u005cu003e", "\\u003cb\\u003e")]
    [InlineData("%2525%252e%252e%252f", "%2525%252e%252e%252f")]
    [InlineData("&amp;lt;script&amp;gt;", "&amp;lt;script&amp;gt;")]
    [InlineData("a\\tb\\nc", "a\tb\nc")]
    public async Task What_is_encoded_twice_is_decoded_once(string json, string text)
    {
        using var browser = await edge.RegisterAsync();

        using var answer = await browser.PostTextAsync("/api/v1/generate", $"{{\"prompt\":\"{json}\",\"duration\":1}}");

        await answer.MustBeAsync(HttpStatusCode.Accepted);
        Assert.Equal(text, (await answer.JsonAsync())["prompt"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("/api/v1/models/embedded%252dcomposer")]
    [InlineData("/api/v1/generate/%252e%252e%252fmodels")]
    [InlineData("/api/v1/generate?cursor=%2525")]
    public async Task An_address_is_decoded_once(string path)
    {
        using var browser = await edge.RegisterAsync();

        using var answer = await browser.GetAsync(path);

        Assert.Contains(await answer.CodeAsync(), (string?[])["model.not_found", "generation.not_found", "request.invalid", "route.not_found"]);
    }

    [Fact]
    public async Task A_name_of_an_account_holds_nothing_that_could_be_encoded_and_an_address_is_put_in_one_form_before_it_is_judged()
    {
        using var browser = edge.NewBrowser();
        foreach (var name in (string[])["<script>", "a%41b", "a\u0000b", "a\u2028b", "&lt;abc", "na\"me", "ｆｕｌｌ"])
        {
            using var refused = await browser.RegisterAsync(username: name);
            await refused.MustBeProblemAsync(HttpStatusCode.BadRequest, "request.invalid");
            Assert.Equal("username", Assert.Single((await refused.JsonAsync())["errors"]!.AsObject()).Key);
        }

        using var owner = await edge.RegisterAsync();
        using var twin = edge.NewBrowser();
        using var taken = await twin.RegisterAsync(email: $"  {owner.Email.ToUpperInvariant()} ".Trim());
        await taken.MustBeProblemAsync(HttpStatusCode.Conflict, "auth.email_taken");
    }

    [Fact]
    public async Task A_hostile_name_of_a_device_or_a_token_is_text()
    {
        using var browser = await edge.RegisterAsync();
        var agent = "</script><b>\"x\" {0} ${7*7} \\u003c";
        using var login = edge.NewBrowser();
        using (await login.SendAsync(HttpMethod.Post, "/api/auth/login", JsonBody(new { email = browser.Email, password = browser.Password }), headers: [("User-Agent", agent)]))
        using (var answer = await browser.GetAsync("/api/auth/sessions"))
        {
            await answer.MustBeAsync(HttpStatusCode.OK);
            Assert.Contains((await answer.JsonAsync())["items"]!.AsArray(), s => s!["user_agent"]?.GetValue<string>() == agent);
        }

        using (await browser.PostAsync("/api/auth/step-up", new { password = browser.Password }))
        using (var made = await browser.PostAsync("/api/auth/tokens", new { name = "</script>\" \u2028 {{7*7}}", scopes = (string[])["read"], expires_in_days = 1 }))
            await made.MustBeAsync(HttpStatusCode.Created);
        var tokens = await browser.GetJsonAsync("/api/auth/tokens");
        Assert.Equal("</script>\" \u2028 {{7*7}}", tokens["items"]![0]!["name"]!.GetValue<string>());
    }

    private static StringContent JsonBody(object body) => new(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json");

    private static byte[] Packed(byte[] body)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(body);
        return packed.ToArray();
    }
}
