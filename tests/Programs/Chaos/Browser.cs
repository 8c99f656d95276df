using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;

namespace MusicGen.Programs.Chaos;

/// <summary>Cookies, and requests with them, through the proxy. It takes no answer, a broken one or a late one as what it is.</summary>
/// <param name="http">Shared; keeps no cookies.</param>
/// <param name="findings">Counts the answers.</param>
/// <param name="address">Whose the proxy's chain says that it is.</param>
/// <param name="patience">For an answer with its body.</param>
internal sealed class Browser(HttpClient http, Findings findings, string address, TimeSpan patience)
{
    private readonly ConcurrentDictionary<string, string> _cookies = new(StringComparer.Ordinal);

    public string RefreshToken => _cookies.GetValueOrDefault("__Host-refresh_token", string.Empty);

    public async Task<Answer> SendAsync(HttpMethod method, string path, object? body = null, params (string Name, string Value)[] headers)
    {
        using var late = new CancellationTokenSource(patience);
        try
        {
            using var answer = await OpenAsync(method, path, body, late.Token, headers);
            var bytes = await answer.Content.ReadAsByteArrayAsync(late.Token);
            return new Answer(answer.StatusCode, bytes, answer.Headers.ETag?.Tag);
        }
        catch (Exception e) when (IsNoAnswer(e))
        {
            findings.Count("answers none");
            return Answer.None;
        }
    }

    /// <summary>Up to the headers: the rest is the caller's to read and dispose of.</summary>
    public async Task<HttpResponseMessage> OpenAsync(HttpMethod method, string path, object? body, CancellationToken ct, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        request.Headers.Host = ChaosService.Host;
        request.Headers.Add("X-Forwarded-For", address);
        if (!_cookies.IsEmpty)
            request.Headers.Add("Cookie", string.Join("; ", _cookies.Select(c => $"{c.Key}={c.Value}")));
        if (method != HttpMethod.Get && _cookies.TryGetValue("__Host-csrf_token", out var csrf))
            request.Headers.Add("X-CSRF-Token", csrf);
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
        findings.Count($"answers {(int)answer.StatusCode}");
        Take(answer);
        return answer;
    }

    /// <summary>Presents a token that isn't the jar's; the jar stays as it is.</summary>
    public Browser With(string refreshToken)
    {
        var other = new Browser(http, findings, address, patience);
        foreach (var (name, value) in _cookies)
            other._cookies[name] = value;
        other._cookies["__Host-refresh_token"] = refreshToken;
        return other;
    }

    public static bool IsNoAnswer(Exception e) => e is HttpRequestException or OperationCanceledException or IOException or SocketException;

    private void Take(HttpResponseMessage answer)
    {
        if (!answer.Headers.TryGetValues("Set-Cookie", out var lines))
            return;
        foreach (var line in lines)
        {
            var (name, value) = line.Split(';')[0].Split('=', 2) is [var n, var v] ? (n, v) : (line, string.Empty);
            if (value.Length == 0)
                continue; // cleared; it is kept, so that it can be presented as a thief would
            _cookies[name] = value;
        }
    }
}

/// <param name="Status">Null when none came, or not all of it.</param>
/// <param name="Bytes">The body.</param>
/// <param name="Tag">Its ETag.</param>
internal sealed record Answer(HttpStatusCode? Status, byte[] Bytes, string? Tag)
{
    public static readonly Answer None = new(null, [], null);

    public bool IsGood => Status is >= HttpStatusCode.OK and < HttpStatusCode.MultipleChoices;

    /// <summary>None, or one that says that it is nobody's fault but the service's: whoever asks again may get another.</summary>
    public bool IsOutage => Status is null or HttpStatusCode.ServiceUnavailable or HttpStatusCode.BadGateway or HttpStatusCode.GatewayTimeout;

    public JsonElement Body => JsonDocument.Parse(Bytes).RootElement;

    public string? Code => Status is not null && !IsGood && Bytes.Length > 0 && Bytes[0] == '{' && Body.TryGetProperty("code", out var code) ? code.GetString() : null;

    public override string ToString() => Status is null ? "no answer" : $"{(int)Status} {Code}".Trim();
}
