using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace MusicGen.Programs;

/// <summary>Somebody who tries passwords, from whatever address: no cookie but the CSRF token's, and the device's where told.</summary>
internal sealed class Guesser(HttpClient http, Uri node)
{
    private string _csrf = string.Empty;

    /// <summary>Fetches the one pre-session CSRF token that all guesses carry.</summary>
    public async Task OpenAsync() =>
        _csrf = (await http.GetFromJsonAsync<JsonElement>(new Uri(node, "/api/auth/csrf-token"))).GetProperty("csrfToken").GetString()!;

    public async Task<HttpStatusCode> GuessAsync(string email, string password, string address) =>
        (await SendAsync(email, password, address, deviceCookie: null)).Status;

    /// <returns>The answer's status, and the device cookie that it left.</returns>
    public async Task<(HttpStatusCode Status, string? DeviceCookie)> SendAsync(string email, string password, string address, string? deviceCookie)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(node, "/api/auth/login")) { Content = JsonContent.Create(new { email, password }) };
        request.Headers.Add("Cookie", deviceCookie is null ? $"csrf_token={_csrf}" : $"csrf_token={_csrf}; device_id={deviceCookie}");
        request.Headers.Add("X-CSRF-Token", _csrf);
        request.Headers.Add("X-Forwarded-For", address);
        using var answer = await http.SendAsync(request);
        await answer.Content.ReadAsByteArrayAsync();
        const string Name = "device_id=";
        var device = answer.Headers.TryGetValues("Set-Cookie", out var cookies)
            ? cookies.FirstOrDefault(c => c.StartsWith(Name, StringComparison.Ordinal))?[Name.Length..].Split(';')[0]
            : null;
        return (answer.StatusCode, device);
    }
}
