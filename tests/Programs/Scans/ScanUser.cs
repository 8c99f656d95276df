using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace MusicGen.Programs.Scans;

/// <summary>Somebody at the scanned server, signed in or not.</summary>
internal sealed class ScanUser : IDisposable
{
    private const string Password = "violet teapot orbits slowly";

    private static int _count;

    private readonly CookieContainer _cookies = new();
    private readonly HttpClient _http;

    /// <param name="server">Whose certificate is trusted.</param>
    /// <param name="from">The loopback address that it comes from, where it must not be the scanner's; only Linux has several.</param>
    public ScanUser(ScannedServer server, IPAddress? from = null)
    {
        var handler = Throwaway.Trusting(server.Certificates);
        if (from is not null)
            handler.ConnectCallback = (context, ct) => ConnectAsync(from, context.DnsEndPoint.Port, ct);
        handler.CookieContainer = _cookies;
        _http = new HttpClient(handler) { BaseAddress = ScannedServer.Address };
    }

    public string Email { get; private set; } = string.Empty;

    public string Csrf { get; private set; } = string.Empty;

    /// <summary>The header by which a scanner is this user.</summary>
    public string CookieHeader => string.Join("; ", _cookies.GetCookies(ScannedServer.Address).Select(c => $"{c.Name}={c.Value}"));

    /// <summary>With a new account, and a step-up of a moment ago.</summary>
    public static async Task<ScanUser> RegisterAsync(ScannedServer server)
    {
        var user = new ScanUser(server);
        var number = Interlocked.Increment(ref _count);
        user.Email = $"scan{number}@example.org";
        await user.TakeTokenAsync();
        await user.JsonAsync(HttpMethod.Post, "/api/auth/register", new { email = user.Email, username = $"scan{number}", password = Password });
        await user.TakeTokenAsync();
        await user.JsonAsync(HttpMethod.Post, "/api/auth/step-up", new { password = Password });
        return user;
    }

    /// <summary>Signs in once more, with a step-up: what was changed beside the server holds.</summary>
    public async Task LoginAsync()
    {
        await JsonAsync(HttpMethod.Post, "/api/auth/login", new { email = Email, password = Password });
        await TakeTokenAsync();
        await JsonAsync(HttpMethod.Post, "/api/auth/step-up", new { password = Password });
    }

    /// <summary>The body of an answer that must be a success; <c>{}</c> where there is none.</summary>
    public async Task<JsonNode> JsonAsync(HttpMethod method, string path, object? body = null)
    {
        using var answer = await SendAsync(method, path, body);
        var text = await answer.Content.ReadAsStringAsync();
        if (!answer.IsSuccessStatusCode)
            throw new InvalidOperationException($"{method} {path} answered {(int)answer.StatusCode}: {text}");
        return JsonNode.Parse(text.Length == 0 ? "{}" : text)!;
    }

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, object? body = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative)) { Content = body is null ? null : JsonContent.Create(body) };
        if (Csrf.Length > 0 && method != HttpMethod.Get)
            request.Headers.Add("X-CSRF-Token", Csrf);
        return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    /// <summary>Fetches the CSRF token that belongs to the session as it is now.</summary>
    public async Task TakeTokenAsync() => Csrf = (await JsonAsync(HttpMethod.Get, "/api/auth/csrf-token"))["csrfToken"]!.GetValue<string>();

    public void Dispose() => _http.Dispose();

    private static async ValueTask<Stream> ConnectAsync(IPAddress from, int port, CancellationToken ct)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(from, 0));
        await socket.ConnectAsync(IPAddress.Loopback, port, ct);
        return new NetworkStream(socket, ownsSocket: true);
    }
}
