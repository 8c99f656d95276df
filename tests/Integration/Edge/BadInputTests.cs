using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Edge;

public class BadInputTests(EdgeApp edge)
{
    [Theory]
    [InlineData("prompt", "1")]
    [InlineData("prompt", "null")]
    [InlineData("prompt", "\"\"")]
    [InlineData("duration", "0")]
    [InlineData("duration", "-1")]
    [InlineData("duration", "61")]
    [InlineData("duration", "1e999")]
    [InlineData("duration", "1.00001")]
    [InlineData("duration", "\"10\"")]
    [InlineData("seed", "-1")]
    [InlineData("seed", "1.5")]
    [InlineData("seed", "9223372036854775808")]
    [InlineData("temperature", "0")]
    [InlineData("temperature", "2.1")]
    [InlineData("top_k", "-1")]
    [InlineData("top_k", "2049")]
    [InlineData("top_k", "1.5")]
    [InlineData("top_p", "1.1")]
    [InlineData("guidance_scale", "0")]
    [InlineData("guidance_scale", "11")]
    [InlineData("do_sample", "\"yes\"")]
    [InlineData("negative_prompt", "3")]
    [InlineData("genre", "[]")]
    [InlineData("mood", "{}")]
    [InlineData("tempo", "39")]
    [InlineData("tempo", "241")]
    [InlineData("key", "7")]
    [InlineData("instruments", "\"flute\"")]
    [InlineData("sample_rate", "12345")]
    [InlineData("continue_from", "5")]
    [InlineData("melody_from", "5")]
    [InlineData("normalize", "\"loud\"")]
    [InlineData("colour", "\"red\"")]
    [InlineData("Prompt", "\"a\"")]
    public async Task Each_field_that_is_wrong_is_named(string field, string json)
    {
        using var browser = await edge.RegisterAsync();
        var prompt = field == "prompt" ? string.Empty : "\"prompt\":\"calm piano\",";

        using var answer = await browser.PostTextAsync("/api/v1/generate", $"{{{prompt}\"{field}\":{json}}}");

        await answer.MustBeProblemAsync(HttpStatusCode.BadRequest, "request.invalid");
        Assert.Contains(field, Errors(await answer.JsonAsync()));
    }

    [Theory]
    [InlineData("", "body")]
    [InlineData("null", "body")]
    [InlineData("[]", "body")]
    [InlineData("{", "body")]
    [InlineData("{\"prompt\":\"a\"", "body")]
    [InlineData("{}", "prompt")]
    [InlineData("{\"prompt\":\"a\",\"prompt\":\"b\"}", "prompt")]
    public async Task A_malformed_body_is_refused_with_its_reason_and_without_our_types(string body, string field)
    {
        using var browser = await edge.RegisterAsync();

        using var answer = await browser.PostTextAsync("/api/v1/generate", body);

        await answer.MustBeProblemAsync(HttpStatusCode.BadRequest, "request.invalid");
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Equal(field, Assert.Single(Errors(JsonNode.Parse(text)!)));
        Assert.DoesNotContain("MusicGen.", text, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/api/auth/login", "{\"email\":\"a@example.org\"}", "password")]
    [InlineData("/api/auth/login", "{\"email\":1,\"password\":\"x\"}", "email")]
    [InlineData("/api/auth/login", "{\"email\":\"a@example.org\",\"password\":\"x\",\"remember_me\":\"no\"}", "remember_me")]
    [InlineData("/api/auth/login", "{\"email\":\"a\\ufffe@example.org\",\"password\":\"x\"}", "email")]
    [InlineData("/api/auth/forgot-password", "{\"email\":\"\\ufffe@example.org\"}", "email")]
    [InlineData("/api/auth/register", "{\"email\":\"\\ufffe\",\"username\":\"somebody\",\"password\":\"violet teapot orbits slowly\"}", "email")]
    [InlineData("/api/auth/register", "{\"email\":\"a..b@example.org\",\"username\":\"somebody\",\"password\":\"violet teapot orbits slowly\"}", "email")]
    [InlineData("/api/auth/register", "{\"email\":\"nobody\",\"username\":\"somebody\",\"password\":\"violet teapot orbits slowly\"}", "email")]
    [InlineData("/api/auth/register", "{\"email\":\"a@example.org\",\"username\":\"x\",\"password\":\"violet teapot orbits slowly\"}", "username")]
    [InlineData("/api/auth/register", "{\"email\":\"a@example.org\",\"username\":\"somebody\",\"password\":\"short\"}", "password")]
    [InlineData("/api/auth/reset-password", "{\"token\":\"x\"}", "new_password")]
    [InlineData("/api/auth/verify-email", "{\"token\":null}", "token")]
    [InlineData("/api/auth/refresh", "{\"x\":1}", "x")]
    public async Task Fields_of_accounts_are_named_too(string path, string body, string field)
    {
        using var browser = edge.NewBrowser();

        using var answer = await browser.PostTextAsync(path, body);

        await answer.MustBeProblemAsync(HttpStatusCode.BadRequest, "request.invalid");
        Assert.Contains(field, Errors(await answer.JsonAsync()));
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("application/xml")]
    public async Task Another_content_type_is_415(string type)
    {
        using var browser = await edge.RegisterAsync();

        using var answer = await browser.PostTextAsync("/api/v1/generate", "prompt=a", type);

        await answer.MustBeProblemAsync(HttpStatusCode.UnsupportedMediaType, "request.content_type");
    }

    [Fact]
    public async Task A_body_without_a_content_type_is_415()
    {
        using var browser = await edge.RegisterAsync();
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes("{\"prompt\":\"a\"}"));

        using var answer = await browser.SendAsync(HttpMethod.Post, "/api/v1/generate", content);

        await answer.MustBeProblemAsync(HttpStatusCode.UnsupportedMediaType, "request.content_type");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_huge_body_is_413_whether_its_length_is_announced_or_not(bool announced)
    {
        using var browser = await edge.RegisterAsync();
        using var content = new StringContent($"{{\"prompt\":\"{new string('a', 500_000)}\"}}", Encoding.UTF8, "application/json");
        if (!announced)
            content.Headers.ContentLength = null;

        using var answer = await browser.SendAsync(HttpMethod.Post, "/api/v1/generate", content, headers: announced ? [] : [("Transfer-Encoding", "chunked")]);

        await answer.MustBeProblemAsync(HttpStatusCode.RequestEntityTooLarge, "request.too_large");
    }

    [Theory]
    [InlineData("/api/v1/generate?limit=0", "limit")]
    [InlineData("/api/v1/generate?limit=101", "limit")]
    [InlineData("/api/v1/generate?limit=ten", "limit")]
    [InlineData("/api/v1/generate?status=done", "status")]
    [InlineData("/api/v1/generate?cursor=nonsense", "cursor")]
    [InlineData("/api/v1/generate?cursor=AAAA%20%20%20%20%20%20%20%20%20%20%20%20%20%20%20%20%20%20%20%20%20%20%20%20AAAA", "cursor")]
    public async Task A_bad_query_is_named(string path, string field)
    {
        using var browser = await edge.RegisterAsync();

        using var answer = await browser.GetAsync(path);

        await answer.MustBeProblemAsync(HttpStatusCode.BadRequest, "request.invalid");
        Assert.Equal(field, Assert.Single(Errors(await answer.JsonAsync())));
    }

    [Theory]
    [InlineData("GET", "/nothing", HttpStatusCode.NotFound, "route.not_found")]
    [InlineData("GET", "/api/v1/nothing", HttpStatusCode.NotFound, "route.not_found")]
    [InlineData("POST", "/api/v1/nothing", HttpStatusCode.NotFound, "route.not_found")]
    [InlineData("PUT", "/api/auth/login", HttpStatusCode.MethodNotAllowed, "request.method")]
    [InlineData("DELETE", "/api/v1/models", HttpStatusCode.MethodNotAllowed, "request.method")]
    [InlineData("GET", "/api/auth/login", HttpStatusCode.MethodNotAllowed, "request.method")]
    [InlineData("GET", "/api/v1/models/no/such/model", HttpStatusCode.NotFound, "model.not_found")]
    public async Task An_address_or_method_that_is_not_there_says_so(string method, string path, HttpStatusCode status, string code)
    {
        using var browser = edge.NewBrowser();

        using var answer = await browser.SendAsync(new HttpMethod(method), path, csrf: false);

        await answer.MustBeProblemAsync(status, code);
        var problem = await answer.JsonAsync();
        Assert.Equal(answer.Header("X-Request-ID"), problem["trace_id"]!.GetValue<string>());
        if (status == HttpStatusCode.MethodNotAllowed)
            Assert.NotNull(answer.Header("Allow"));
    }

    [Theory]
    [InlineData("GET", "/api/v1/generate/{0}")]
    [InlineData("GET", "/api/v1/generate/{0}/events")]
    [InlineData("GET", "/api/v1/generate/{0}/stream")]
    [InlineData("GET", "/api/v1/generate/{0}/audio")]
    [InlineData("GET", "/api/v1/generate/{0}/peaks")]
    [InlineData("POST", "/api/v1/generate/{0}/cancel")]
    [InlineData("DELETE", "/api/v1/generate/{0}")]
    public async Task Somebody_elses_task_is_not_there(string method, string path)
    {
        using var owner = await edge.RegisterAsync();
        using var stranger = await edge.RegisterAsync();
        var task = await owner.StartAsync("calm piano");

        foreach (var id in (string[])[task, "0190a000-0000-7000-8000-000000000000", "nonsense"])
        {
            using var answer = await stranger.SendAsync(new HttpMethod(method), path.Replace("{0}", id, StringComparison.Ordinal));
            await answer.MustBeProblemAsync(HttpStatusCode.NotFound, "generation.not_found");
        }

        Assert.Equal(task, (await owner.TaskAsync(task))["task_id"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_bodiless_request_needs_no_type_and_an_empty_object_will_do()
    {
        using var browser = await edge.RegisterAsync();

        using var bare = await browser.PostAsync("/api/auth/refresh");
        using var empty = await browser.PostTextAsync("/api/auth/refresh", "{}");

        await bare.MustBeAsync(HttpStatusCode.OK);
        await empty.MustBeAsync(HttpStatusCode.OK);
    }

    [Fact]
    public async Task One_bad_item_of_a_batch_fails_alone()
    {
        using var browser = await edge.RegisterAsync();

        using var answer = await browser.PostTextAsync("/api/v1/generate/batch", """{"requests":[{"prompt":"calm piano","duration":1},{"prompt":"a","colour":1},{"duration":1}]}""");

        await answer.MustBeAsync(HttpStatusCode.Accepted);
        var items = (await answer.JsonAsync())["items"]!.AsArray();
        Assert.NotNull(items[0]!["task_id"]);
        Assert.Contains("colour", items[1]!["error"]!["errors"]!.AsObject().Select(e => e.Key));
        Assert.Contains("prompt", items[2]!["error"]!["errors"]!.AsObject().Select(e => e.Key));
    }

    [Theory]
    [InlineData("\\ufffe")]
    [InlineData("\\uffff")]
    [InlineData("\\u0000")]
    public async Task A_password_of_any_characters_signs_in(string odd)
    {
        using var browser = edge.NewBrowser();
        var (name, password) = ($"u{Guid.CreateVersion7():N}"[..32], $"violet {odd} teapot orbits slowly");

        using var registered = await browser.PostTextAsync("/api/auth/register", $$"""{"email":"{{name}}@example.org","username":"{{name}}","password":"{{password}}"}""");
        await registered.MustBeAsync(HttpStatusCode.Created);
        using var other = edge.NewBrowser();
        using var signedIn = await other.PostTextAsync("/api/auth/login", $$"""{"email":"{{name}}@example.org","password":"{{password}}"}""");
        await signedIn.MustBeAsync(HttpStatusCode.OK);
        using var stranger = edge.NewBrowser();
        using var refused = await stranger.PostTextAsync("/api/auth/login", $$"""{"email":"{{name}}@example.org","password":"violet  teapot orbits slowly"}""");
        await refused.MustBeProblemAsync(HttpStatusCode.Unauthorized, "auth.invalid_credentials");
    }

    [Theory]
    [InlineData("{\"email\":\"a\\ud800@example.org\",\"password\":\"x\"}")]
    [InlineData("{\"email\":\"a@example.org\",\"password\":\"half a pair \\ud83c and more\"}")]
    public async Task Half_a_pair_of_surrogates_is_no_text(string body)
    {
        using var browser = edge.NewBrowser();

        using var answer = await browser.PostTextAsync("/api/auth/login", body);

        await answer.MustBeProblemAsync(HttpStatusCode.BadRequest, "request.invalid");
    }

    [Theory]
    [InlineData("tasks?status=all&cursor=AAAA%20%20%20%20%20%20%20%20%20%20%20%20%20%20%20%20%20%20%20%20%20%20%20%20AAAA")]
    [InlineData("audit?cursor=%2012")]
    [InlineData("users?cursor=AAAA%20%20%20%20AAAA")]
    public async Task No_cursor_of_administrators_is_read_beyond_its_end(string path)
    {
        using var admin = await edge.App.AdministratorAsync();

        using var answer = await admin.GetAsync($"/api/v1/admin/{path}");

        await answer.MustBeProblemAsync(HttpStatusCode.BadRequest, "request.invalid");
        Assert.Equal("cursor", Assert.Single(Errors(await answer.JsonAsync())));
    }

    [Theory]
    [InlineData("audit?email=%EF%BF%BE")]
    [InlineData("users?q=%EF%BF%BE")]
    public async Task What_is_nobodys_address_finds_nobody(string path)
    {
        using var admin = await edge.App.AdministratorAsync();

        Assert.Empty((await admin.GetJsonAsync($"/api/v1/admin/{path}"))["items"]!.AsArray());
    }

    private static List<string> Errors(JsonNode problem) => [.. problem["errors"]!.AsObject().Select(e => e.Key)];
}
