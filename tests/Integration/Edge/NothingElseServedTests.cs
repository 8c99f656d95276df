using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using MusicGen.Integration.Support;
using MusicGen.Programs;
using MusicGen.WebApi.Configuration;
using ServedPage = MusicGen.WebApi.Http.Page;

namespace MusicGen.Integration.Edge;

/// <summary>What a scanner asks for, and what it gets: the page's own files by their exact addresses, nothing beside them.</summary>
public sealed class NothingElseServedTests(EdgeApp edge)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    // As bytes on the wire: a client library would tidy these addresses up.
    [Theory]
    [InlineData("/.git/config")]
    [InlineData("/.git/HEAD")]
    [InlineData("/.svn/entries")]
    [InlineData("/.env")]
    [InlineData("/.env.example")]
    [InlineData("/js/.env")]
    [InlineData("/js")]
    [InlineData("/js/")]
    [InlineData("/js/account/")]
    [InlineData("//")]
    [InlineData("/../appsettings.json")]
    [InlineData("/..%2fappsettings.json")]
    [InlineData("/%2e%2e/appsettings.json")]
    [InlineData("/%2e%2e%2fmusicgen.db")]
    [InlineData("/js/..%2f..%2fProgram.cs")]
    [InlineData("/js/..%5c..%5cProgram.cs")]
    [InlineData("/js/..\\..\\Program.cs")]
    [InlineData("/%252e%252e/appsettings.json")]
    [InlineData("/%c0%ae%c0%ae/appsettings.json")]
    [InlineData("/appsettings.json")]
    [InlineData("/web.config")]
    [InlineData("/MusicGen.WebApi.dll")]
    [InlineData("/musicgen.db")]
    [InlineData("/app.css.bak")]
    [InlineData("/app.css~")]
    [InlineData("/js/app.js.map")]
    [InlineData("/js/app.js%20")]
    [InlineData("/index.html.gz")]
    [InlineData("/server-status")]
    [InlineData("/swagger/index.html")]
    [InlineData("/hangfire")]
    public async Task What_is_no_file_of_the_page_is_not_found(string path)
    {
        var (status, body) = await SendAsync(path);

        // Some of these aren't addresses at all; the server refuses them before anybody looks for a file.
        Assert.Contains(status, (int[])[404, 400]);
        if (status == 404)
            Assert.Contains("\"code\":\"route.not_found\"", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_of_no_known_type_is_not_served_though_it_lies_there()
    {
        var folder = Directory.CreateTempSubdirectory("musicgen-page-");
        string[] misplaced = ["notes.txt", "dump.sql", "secret.env", ".hidden.js", "noextension", "app.js.bak", "archive.zip", "page.php"];
        foreach (var name in (string[])[.. misplaced, "app.js"])
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, name), "content", Ct);
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { WebRootPath = folder.FullName });
        builder.Logging.ClearProviders();
        await using var app = builder.Build();
        app.Urls.Add($"http://127.0.0.1:{Ports.Free()}");
        ServedPage.UsePage(app);
        await app.StartAsync(Ct);
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };

        foreach (var name in misplaced)
        {
            using var answer = await client.GetAsync(new Uri($"/{name}", UriKind.Relative), Ct);
            Assert.Equal((name, HttpStatusCode.NotFound), (name, answer.StatusCode));
        }

        Assert.Equal("content", await client.GetStringAsync(new Uri("/app.js", UriKind.Relative), Ct));
        await app.StopAsync(Ct);
        folder.Delete(recursive: true);
    }

    [Fact]
    public void Each_file_of_the_page_is_of_a_type_that_is_served_and_each_type_is_one_of_a_file()
    {
        var root = Path.Combine(ProgramFolder.HomeOf(AppContext.BaseDirectory), "src", "WebApi", "wwwroot");
        var extensions = Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories).Select(f => Path.GetExtension(f)).Distinct(StringComparer.Ordinal);

        Assert.Equal(extensions.Order(StringComparer.Ordinal), ServedPage.Types.Mappings.Keys.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("/api/auth/session/x.css")]
    [InlineData("/api/auth/session%2fx.css")]
    [InlineData("/api/auth/session%0ax.css")]
    [InlineData("/api/auth/session.css")]
    [InlineData("/api/v1/quota/x.js")]
    [InlineData("/api/v1/account/export/x.png")]
    [InlineData("/api/auth/sessions/x.css")]
    public async Task Data_is_never_found_at_an_address_that_a_cache_takes_for_a_file(string path)
    {
        using var browser = await edge.RegisterAsync();

        using var answer = await browser.GetAsync(path);

        Assert.Contains(await answer.CodeAsync(), (string?[])["route.not_found", "request.method", "export.not_found"]);
        Assert.Equal("no-store", answer.Header("Cache-Control"));
    }

    [Theory]
    [InlineData("/api/auth/session;x.css")]
    [InlineData("/api/auth/session?x.css")]
    [InlineData("/api/auth/session?callback=steal")]
    [InlineData("/api/v1/quota?jsonp=steal&format=js")]
    public async Task What_is_answered_there_is_json_that_no_cache_keeps_and_no_script(string path)
    {
        using var browser = await edge.RegisterAsync();

        using var answer = await browser.GetAsync(path);

        Assert.Contains(answer.Content.Headers.ContentType?.MediaType, (string?[])["application/json", "application/problem+json"]);
        Assert.Equal("no-store", answer.Header("Cache-Control"));
        Assert.Equal("nosniff", answer.Header("X-Content-Type-Options"));
        Assert.DoesNotContain("steal", await answer.Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/?next=https://evil.example.org")]
    [InlineData("//evil.example.org")]
    [InlineData("//evil.example.org/%2f..")]
    [InlineData("/\\evil.example.org")]
    [InlineData("/verify-email?return_to=//evil.example.org")]
    [InlineData("/reset-password?redirect_uri=https://evil.example.org")]
    [InlineData("/docs?url=https://evil.example.org/openapi.json")]
    [InlineData("/docs/")]
    [InlineData("/api/auth/session?url=https://evil.example.org")]
    [InlineData("/js")]
    [InlineData("/health/")]
    public async Task Nobody_is_sent_to_another_host(string path)
    {
        var (status, head) = await SendAsync(path, headOnly: true);

        Assert.False(status is >= 300 and < 400 && head.Contains("evil", StringComparison.Ordinal), $"{path} answered {status}: {head}");
        Assert.DoesNotContain("evil.example.org", head, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_type_of_each_answer_is_its_own_and_text_says_its_charset()
    {
        using var browser = await edge.RegisterAsync();
        var task = await browser.StartAsync("calm piano");
        await browser.WaitAsync(task);
        var types = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["/"] = "text/html; charset=utf-8",
            ["/verify-email"] = "text/html; charset=utf-8",
            ["/docs/"] = "text/html; charset=utf-8",
            ["/app.css"] = "text/css; charset=utf-8",
            ["/js/app.js"] = "text/javascript; charset=utf-8",
            ["/favicon.svg"] = "image/svg+xml; charset=utf-8",
            ["/manifest.webmanifest"] = "application/manifest+json",
            ["/nothing"] = "application/problem+json",
            ["/api/auth/session"] = "application/json; charset=utf-8",
            ["/api/v1/quota"] = "application/json; charset=utf-8",
            ["/health"] = "application/json; charset=utf-8",
            ["/openapi/v1.json"] = "application/json; charset=utf-8",
            ["/.well-known/jwks.json"] = "application/jwk-set+json",
            [$"/api/v1/generate/{task}/events"] = "text/event-stream; charset=utf-8",
            [$"/api/v1/generate/{task}/audio"] = "audio/wav",
        };

        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var path in types.Keys)
        {
            using var answer = await browser.GetAsync(path);
            found[path] = answer.Content.Headers.ContentType?.ToString() ?? "none";
            Assert.Equal("nosniff", answer.Header("X-Content-Type-Options"));
        }

        Assert.Equal(string.Join('\n', types), string.Join('\n', found));
        using var metrics = new HttpClient { BaseAddress = edge.App.Address };
        using var numbers = await metrics.GetAsync(new Uri("/metrics", UriKind.Relative), Ct);
        Assert.Equal("utf-8", numbers.Content.Headers.ContentType?.CharSet);
    }

    [Fact]
    public async Task Scripts_are_the_same_for_everybody()
    {
        using var owner = await edge.RegisterAsync();
        using var stranger = edge.NewBrowser();
        foreach (var path in (string[])["/js/app.js", "/js/session.js", "/js/api.js"])
        {
            using var his = await owner.GetAsync(path);
            using var theirs = await stranger.GetAsync(path);
            Assert.Equal(await theirs.Content.ReadAsByteArrayAsync(Ct), await his.Content.ReadAsByteArrayAsync(Ct));
            Assert.Null(his.Header("Set-Cookie"));
        }
    }

    private async Task<(int Status, string Text)> SendAsync(string path, bool headOnly = false)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        timeout.CancelAfter(TimeSpan.FromSeconds(10));
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, edge.App.Address.Port, timeout.Token);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes($"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"), timeout.Token);
        using var answer = new MemoryStream();
        await stream.CopyToAsync(answer, timeout.Token);
        var text = Encoding.UTF8.GetString(answer.ToArray());
        var status = int.Parse(text.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        return (status, headOnly ? text[..end] : text[end..]);
    }
}
