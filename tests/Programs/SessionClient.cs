using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;

namespace MusicGen.Programs;

/// <summary>One browser's session, held in the hand: its cookies are plain text here, so that any of them can be presented again.</summary>
internal sealed class SessionClient(HttpClient http, string address)
{
    public string Access { get; private set; } = string.Empty;

    public string Refresh { get; private set; } = string.Empty;

    public string Csrf { get; private set; } = string.Empty;

    /// <summary>Refresh tokens that were exchanged, the latest last; two are enough for every question.</summary>
    public List<string> Spent { get; } = [];

    public async Task LoginAsync(Uri node, string email, string password)
    {
        using var token = await SendAsync(HttpMethod.Get, node, "/api/auth/csrf-token", string.Empty, null, null);
        token.EnsureSuccessStatusCode();
        Csrf = CookieOf(token, "csrf_token") ?? throw new InvalidOperationException("There is no CSRF cookie.");
        using var answer = await SendAsync(
            HttpMethod.Post, node, "/api/auth/login", $"csrf_token={Csrf}", Csrf, JsonContent.Create(new { email, password }));
        answer.EnsureSuccessStatusCode();
        Access = CookieOf(answer, "auth_token")!;
        Refresh = CookieOf(answer, "refresh_token")!;
        Csrf = CookieOf(answer, "csrf_token")!;
    }

    /// <summary>Presents a refresh token; changes nothing here.</summary>
    public async Task<RefreshAnswer> PresentAsync(Uri node, string refreshToken)
    {
        try
        {
            using var answer = await SendAsync(
                HttpMethod.Post, node, "/api/auth/refresh", $"refresh_token={refreshToken}; csrf_token={Csrf}", Csrf, null);
            var code = answer.IsSuccessStatusCode ? null : (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("code").GetString();
            return new RefreshAnswer(answer.StatusCode, code, CookieOf(answer, "auth_token"), CookieOf(answer, "refresh_token"));
        }
        catch (Exception e) when (e is HttpRequestException or SocketException or TaskCanceledException or IOException)
        {
            return RefreshAnswer.None; // the server died under it
        }
    }

    /// <summary>False when it was told to come again.</summary>
    public async Task<bool> LogoutAsync(Uri node)
    {
        using var answer = await SendAsync(HttpMethod.Post, node, "/api/auth/logout", $"auth_token={Access}; refresh_token={Refresh}; csrf_token={Csrf}", Csrf, null);
        if (answer.StatusCode == HttpStatusCode.ServiceUnavailable)
            return false;
        answer.EnsureSuccessStatusCode();
        return true;
    }

    /// <summary>Takes what an answer brought.</summary>
    public void Take(RefreshAnswer answer)
    {
        if (answer.Refresh == Refresh)
            return;
        Spent.Add(Refresh);
        if (Spent.Count > 2)
            Spent.RemoveAt(0);
        (Access, Refresh) = (answer.Access!, answer.Refresh!);
    }

    /// <summary>Whether the access token opens anything; null when nobody could say.</summary>
    public async Task<bool?> IsSignedInAsync(Uri node, string? access = null)
    {
        try
        {
            using var answer = await SendAsync(HttpMethod.Get, node, "/api/auth/session", $"auth_token={access ?? Access}", null, null);
            return answer.IsSuccessStatusCode
                ? (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("authenticated").GetBoolean()
                : null;
        }
        catch (Exception e) when (e is HttpRequestException or SocketException or TaskCanceledException or IOException)
        {
            return null;
        }
    }

    private static string? CookieOf(HttpResponseMessage answer, string name)
    {
        if (!answer.Headers.TryGetValues("Set-Cookie", out var cookies))
            return null;
        var start = name + "=";
        return cookies.FirstOrDefault(c => c.StartsWith(start, StringComparison.Ordinal))?[start.Length..].Split(';')[0];
    }

    private Task<HttpResponseMessage> SendAsync(HttpMethod method, Uri node, string path, string cookies, string? csrf, HttpContent? body)
    {
        var request = new HttpRequestMessage(method, new Uri(node, path)) { Content = body };
        if (cookies.Length > 0)
            request.Headers.Add("Cookie", cookies);
        request.Headers.Add("X-Forwarded-For", address);
        if (csrf is not null)
            request.Headers.Add("X-CSRF-Token", csrf);
        return http.SendAsync(request);
    }
}

/// <param name="Status">Null when no answer came.</param>
/// <param name="Code">Of a refusal.</param>
/// <param name="Access">The new access token.</param>
/// <param name="Refresh">The new refresh token.</param>
internal sealed record RefreshAnswer(HttpStatusCode? Status, string? Code, string? Access, string? Refresh)
{
    public static readonly RefreshAnswer None = new(null, null, null, null);
}
