using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace MusicGen.Integration.Support;

/// <summary>
/// A browser as the server sees one: its own cookies, its own address behind the trusted proxy, and the CSRF token sent
/// with everything that changes something.
/// </summary>
public sealed class Browser : IDisposable
{
    public const string DefaultPassword = "violet teapot orbits slowly";

    private static int _count;

    private readonly HttpClient _http;
    private string? _csrfToken;

    /// <param name="server">Where the server listens.</param>
    /// <param name="address">The client address that the proxy reports; null for one that nobody else has.</param>
    /// <param name="peer">The loopback address that it connects from, where the proxy is another than 127.0.0.1; only Linux has several.</param>
    public Browser(Uri server, string? address = null, IPAddress? peer = null)
        : this(server, address ?? NextAddress(), new CookieContainer(), peer)
    {
    }

    private Browser(Uri server, string address, CookieContainer cookies, IPAddress? peer = null)
    {
        Server = server;
        Address = address;
        Cookies = cookies;
        _http = new HttpClient(new SocketsHttpHandler { CookieContainer = cookies, AllowAutoRedirect = false, ConnectCallback = Connect(peer) }) { BaseAddress = server, Timeout = TimeSpan.FromSeconds(120) };
        _http.DefaultRequestHeaders.Add("X-Forwarded-For", address);
    }

    public Uri Server { get; }

    public string Address { get; }

    public CookieContainer Cookies { get; }

    /// <summary>The e-mail address of the account that this browser registered or signed in to.</summary>
    public string Email { get; private set; } = string.Empty;

    /// <summary>Whether it waits, as our page does, when it was too quick by a second: a free account may send five requests in one.</summary>
    public bool IsPatient { get; set; } = true;

    public string Username { get; private set; } = string.Empty;

    public string Password { get; private set; } = DefaultPassword;

    /// <summary>Another tab or a thief, or the same person at a server that took the place of this one: the same cookies, going their own way from here.</summary>
    public Browser Copy(string? address = null, Uri? server = null)
    {
        var cookies = new CookieContainer();
        cookies.Add(Cookies.GetAllCookies());
        return new Browser(server ?? Server, address ?? Address, cookies) { _csrfToken = _csrfToken, Email = Email, Username = Username, Password = Password };
    }

    /// <summary>The value of a cookie of this browser, or null; Production's <c>__Host-</c> names are found by their bare ones.</summary>
    public string? Cookie(string name) =>
        Cookies.GetAllCookies().FirstOrDefault(c => !c.Expired && (c.Name == name || c.Name == $"__Host-{name}"))?.Value;

    public void ForgetCookie(string name)
    {
        foreach (var cookie in Cookies.GetAllCookies().Where(c => c.Name == name || c.Name == $"__Host-{name}"))
            cookie.Expired = true;
    }

    /// <summary>Registers a new account with names of its own and is signed in.</summary>
    public async Task<HttpResponseMessage> RegisterAsync(string? email = null, string? username = null, string? password = null)
    {
        var unique = Guid.NewGuid().ToString("N")[..12];
        (Email, Username, Password) = (email ?? $"{unique}@example.org", username ?? $"user_{unique}", password ?? DefaultPassword);
        return await TakeTokenAsync(await PostAsync("/api/auth/register", new { email = Email, username = Username, password = Password }));
    }

    public async Task<HttpResponseMessage> LoginAsync(string? email = null, string? password = null, bool remember = false)
    {
        Email = email ?? Email;
        return await TakeTokenAsync(await PostAsync("/api/auth/login", new { email = Email, password = password ?? Password, remember_me = remember }));
    }

    /// <summary>Signs in by something else than a password; the answer's token is the session's.</summary>
    public async Task<HttpResponseMessage> SignInByAsync(string path, object body) => await TakeTokenAsync(await PostAsync(path, body));

    public async Task<HttpResponseMessage> RefreshAsync() => await TakeTokenAsync(await PostAsync("/api/auth/refresh"));

    public Task<HttpResponseMessage> LogoutAsync() => PostAsync("/api/auth/logout");

    /// <summary>What the server says about the session.</summary>
    public async Task<JsonNode> SessionAsync() => await (await GetAsync("/api/auth/session")).JsonAsync();

    /// <summary>The body of an answer that must be 200.</summary>
    public async Task<JsonNode> GetJsonAsync(string path)
    {
        using var answer = await GetAsync(path);
        await answer.MustBeAsync(HttpStatusCode.OK);
        return await answer.JsonAsync();
    }

    /// <summary>Asks for music; the answer's body is the task.</summary>
    public Task<HttpResponseMessage> GenerateAsync(object request, string? idempotencyKey = null) =>
        SendAsync(HttpMethod.Post, "/api/v1/generate", JsonContent.Create(request), headers: idempotencyKey is null ? [] : [("Idempotency-Key", idempotencyKey)]);

    /// <summary>Asks for music and insists that it is accepted.</summary>
    /// <returns>The task's id.</returns>
    public async Task<string> StartAsync(string prompt, double duration = 1, long seed = 1)
    {
        using var answer = await GenerateAsync(new { prompt, duration, seed });
        await answer.MustBeAsync(HttpStatusCode.Accepted);
        return (await answer.JsonAsync())["task_id"]!.GetValue<string>();
    }

    public async Task<JsonNode> TaskAsync(string taskId) => await (await GetAsync($"/api/v1/generate/{taskId}")).JsonAsync();

    /// <summary>Waits until the task has ended, one way or another.</summary>
    public async Task<JsonNode> WaitAsync(string taskId, TimeSpan? patience = null)
    {
        using var timeout = new CancellationTokenSource(patience ?? TimeSpan.FromSeconds(60));
        while (true)
        {
            var task = await TaskAsync(taskId);
            if (task["status"]?.GetValue<string>() is "completed" or "failed" or "cancelled")
                return task;
            if (timeout.IsCancellationRequested)
                Assert.Fail($"The task has not ended in time: {task.ToJsonString()}");
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }
    }

    public Task<byte[]> AudioAsync(string taskId, string format = "wav") =>
        _http.GetByteArrayAsync(new Uri($"/api/v1/generate/{taskId}/audio?format={format}", UriKind.Relative), TestContext.Current.CancellationToken);

    public Task<HttpResponseMessage> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    public Task<HttpResponseMessage> DeleteAsync(string path) => SendAsync(HttpMethod.Delete, path);

    public Task<HttpResponseMessage> PostAsync(string path, object? body = null) =>
        SendAsync(HttpMethod.Post, path, body is null ? null : JsonContent.Create(body));

    /// <summary>Sends JSON as it is written, also when it isn't any.</summary>
    public Task<HttpResponseMessage> PostTextAsync(string path, string text, string contentType = "application/json") =>
        SendAsync(HttpMethod.Post, path, new StringContent(text, System.Text.Encoding.UTF8, contentType));

    /// <summary>Sends anything; what changes something carries the CSRF token unless told otherwise.</summary>
    public async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, HttpContent? body = null, bool csrf = true, IEnumerable<(string Name, string Value)>? headers = null,
        HttpCompletionOption completion = HttpCompletionOption.ResponseContentRead)
    {
        var changes = method != HttpMethod.Get && method != HttpMethod.Head && method != HttpMethod.Options;
        if (changes && csrf && _csrfToken is null)
            await FetchTokenAsync();

        while (true)
        {
            // Not disposed: its content may have to go once more.
            var request = new HttpRequestMessage(method, new Uri(path, UriKind.RelativeOrAbsolute)) { Content = body };
            if (changes && csrf)
                request.Headers.Add("X-CSRF-Token", _csrfToken);
            foreach (var (name, value) in headers ?? [])
                request.Headers.TryAddWithoutValidation(name, value);
            var answer = await _http.SendAsync(request, completion, TestContext.Current.CancellationToken);
            if (!IsPatient || answer.StatusCode != HttpStatusCode.TooManyRequests || answer.Headers.RetryAfter?.Delta is not { TotalSeconds: <= 1 } wait)
                return answer;
            answer.Dispose();
            await Task.Delay(wait, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Asks for the CSRF token that the next change needs.</summary>
    public async Task<string> FetchTokenAsync()
    {
        using var answer = await GetAsync("/api/auth/csrf-token");
        await answer.MustBeAsync(HttpStatusCode.OK);
        return _csrfToken = (await answer.JsonAsync())["csrfToken"]!.GetValue<string>();
    }

    public void Dispose() => _http.Dispose();

    private static Func<SocketsHttpConnectionContext, CancellationToken, ValueTask<Stream>>? Connect(IPAddress? peer) => peer is null ? null : async (context, ct) =>
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(peer, 0));
        await socket.ConnectAsync(context.DnsEndPoint, ct);
        return new NetworkStream(socket, ownsSocket: true);
    };

    private static string NextAddress()
    {
        var number = Interlocked.Increment(ref _count);
        return $"198.{18 + (number / 62500 % 2)}.{number / 250 % 250}.{(number % 250) + 1}"; // RFC 2544: nobody's
    }

    private async Task<HttpResponseMessage> TakeTokenAsync(HttpResponseMessage answer)
    {
        if (answer.IsSuccessStatusCode && JsonNode.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))?["csrfToken"]?.GetValue<string>() is { } token)
            _csrfToken = token;
        return answer;
    }
}
