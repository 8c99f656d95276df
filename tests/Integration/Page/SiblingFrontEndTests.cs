using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Playwright;
using MusicGen.Integration.Support;
using MusicGen.Programs;

namespace MusicGen.Integration.Page;

/// <summary>
/// A front end of somebody's own, in a real browser: one at another port of the same host, which is the same site, works with
/// cookies and the CSRF token of the body; one of another site gets no cookies and uses Bearer.
/// </summary>
[Collection(nameof(Alone))]
public sealed class SiblingFrontEndTests
{
    // What a front end's author would write, after docs/cors_configuration.md.
    private const string Client = """
        async ({ api, email, password, bearer }) => {
          let csrf = null;
          const call = async (method, path, body) => {
            const answer = await fetch(api + path, {
              method, credentials: bearer ? 'omit' : 'include',
              headers: { ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...(csrf ? { 'X-CSRF-Token': csrf } : {}), ...(bearer ? { Authorization: `Bearer ${bearer}` } : {}) },
              body: body === undefined ? undefined : JSON.stringify(body),
            });
            const json = await answer.json().catch(() => ({}));
            if (json.csrfToken) csrf = json.csrfToken;
            return { status: answer.status, limit: answer.headers.get('X-RateLimit-Minute-Limit'), json };
          };
          const steps = [];
          if (!bearer) {
            await call('GET', '/api/auth/csrf-token');
            steps.push((await call('POST', '/api/auth/login', { email, password })).status);
            steps.push((await call('POST', '/api/auth/refresh')).status);
          }
          const made = await call('POST', '/api/v1/generate', { prompt: 'calm piano', duration: 1 });
          steps.push(made.status);
          if (made.status !== 202) return { steps, code: made.json.code ?? null };
          let task = made.json;
          while (task.status === 'pending' || task.status === 'processing') {
            await new Promise((resolve) => setTimeout(resolve, 200));
            task = (await call('GET', `/api/v1/generate/${task.task_id}`)).json;
          }
          steps.push(task.status);
          if (bearer) {
            const audio = await fetch(api + task.audio_url, { headers: { Authorization: `Bearer ${bearer}` } });
            steps.push((await audio.arrayBuffer()).byteLength > 1000);
            return { steps };
          }
          const audio = document.createElement('audio');
          audio.src = api + task.audio_url;
          document.body.append(audio);
          steps.push(await new Promise((resolve) => { audio.oncanplaythrough = () => resolve('plays'); audio.onerror = () => resolve('silent'); }));
          const wrong = await call('GET', '/api/v1/generate/0190a000-0000-7000-8000-000000000000');
          steps.push(wrong.status, wrong.limit !== null);
          steps.push((await call('POST', '/api/auth/logout')).status);
          steps.push((await call('GET', '/api/auth/session')).json.authenticated);
          return { steps };
        }
        """;

    [Fact]
    public async Task A_sibling_page_signs_in_makes_music_plays_it_and_signs_out()
    {
        await using var browser = await PageBrowser.StartAsync();
        using var account = await browser.App.RegisterAsync();
        await using var front = await FrontEnd.StartAsync("localhost");
        var page = await OpenAsync(browser, front);

        var result = await page.EvaluateAsync<Result>(Client, new { api = Api(browser), email = account.Email, password = Browser.DefaultPassword, bearer = (string?)null });

        Assert.Equal("200, 200, 202, completed, plays, 404, True, 200, False", Told(result));
    }

    [Fact]
    public async Task A_page_of_another_site_gets_no_cookies_and_works_by_bearer()
    {
        await using var browser = await PageBrowser.StartAsync();
        using var account = await browser.App.RegisterAsync();
        var token = account.Cookie("auth_token")!;
        await using var front = await FrontEnd.StartAsync("127.0.0.1");
        var page = await OpenAsync(browser, front);

        var cookies = await page.EvaluateAsync<Result>(Client, new { api = Api(browser), email = account.Email, password = Browser.DefaultPassword, bearer = (string?)null });
        var bearer = await page.EvaluateAsync<Result>(Client, new { api = Api(browser), email = account.Email, password = Browser.DefaultPassword, bearer = token });

        Assert.Equal("403, 403, 401", Told(cookies));
        Assert.Equal("202, completed, True", Told(bearer));
    }

    private static string Api(PageBrowser browser) => browser.App.Address.GetLeftPart(UriPartial.Authority);

    private static string Told(Result result) => string.Join(", ", result.Steps.Select(s => s.ToString()));

    private static async Task<IPage> OpenAsync(PageBrowser browser, FrontEnd front)
    {
        var page = await (await browser.NewPlainContextAsync()).NewPageAsync();
        await page.GotoAsync(front.Address.ToString());
        return page;
    }

    private sealed class Result
    {
        public object[] Steps { get; set; } = [];

        public string? Code { get; set; }
    }

    /// <summary>An empty page at a port and host of its own.</summary>
    private sealed class FrontEnd : IAsyncDisposable
    {
        private readonly WebApplication _server;

        private FrontEnd(WebApplication server, Uri address) => (_server, Address) = (server, address);

        public Uri Address { get; }

        public static async Task<FrontEnd> StartAsync(string host)
        {
            var address = new Uri($"http://{host}:{Ports.Free()}/");
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            var server = builder.Build();
            server.Urls.Add(address.ToString());
            server.MapGet("/", () => Results.Content("<!doctype html><title>A front end</title><body></body>", "text/html"));
            await server.StartAsync(TestContext.Current.CancellationToken);
            return new FrontEnd(server, address);
        }

        public ValueTask DisposeAsync() => _server.DisposeAsync();
    }
}
