using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace MusicGen.Programs.Rolling;

/// <summary>
/// A user of the service behind its proxy: signs up, refreshes, asks for a song, follows it to its end by events that
/// resume, hears it while it is made, and has its file.
/// </summary>
internal sealed class Listener : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly HttpClient _http;
    private readonly Random _random;
    private readonly int _number;
    private readonly int _length;
    private readonly TimeSpan _pause;
    private readonly Tally _tally;
    private string _csrf = string.Empty;

    /// <param name="service">Where the proxy speaks TLS.</param>
    /// <param name="authority">The folder of the authority that vouches for it.</param>
    /// <param name="number">Which user.</param>
    /// <param name="length">Of the longest song, in seconds.</param>
    /// <param name="pause">Between its requests.</param>
    /// <param name="tally">Hears what came of all.</param>
    public Listener(Uri service, string authority, int number, int length, TimeSpan pause, Tally tally)
    {
        var handler = Throwaway.Trusting(authority);
        handler.CookieContainer = new CookieContainer();
        _http = new HttpClient(handler) { BaseAddress = service, Timeout = TimeSpan.FromSeconds(30) };
        (_number, _length, _pause, _tally) = (number, length, pause, tally);
        _random = new Random(number);
    }

    public string Email => $"listener{_number}@example.org";

    public async Task SignUpAsync()
    {
        await TakeTokenAsync();
        using (await AskAsync(HttpMethod.Post, "/api/auth/register", new { email = Email, username = $"listener{_number}", password = "violet teapot at noon" }))
            await TakeTokenAsync();
    }

    /// <summary>One song after another; the last one is finished too.</summary>
    public async Task WorkAsync(CancellationToken over)
    {
        for (var song = 0; !over.IsCancellationRequested; song++)
        {
            await ReadAsync();
            using (await AskAsync(HttpMethod.Post, "/api/auth/refresh", null))
                await Task.Delay(_pause, CancellationToken.None);
            var isLive = song % 2 == 0;
            if (await StartAsync(song, isLive) is not { } id)
                continue;
            var heard = isLive ? HearAsync(id) : Task.FromResult<byte[]?>(null);
            var ended = await new Follower(_http, id, _tally, Patience).FollowAsync();
            if (ended != "completed")
                _tally.Fault($"task {id} {ended ?? "never ended"}");
            else
                await CompareAsync(id, await heard);
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task ReadAsync()
    {
        for (var i = 0; i < 5; i++)
        {
            using var session = await AskAsync(HttpMethod.Get, "/api/auth/session", null);
            if (session is not null && !(await session.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("authenticated").GetBoolean())
                _tally.Fault($"session of {Email} ended");
            using var list = await AskAsync(HttpMethod.Get, "/api/v1/generate?limit=5", null);
            await Task.Delay(_pause, CancellationToken.None);
        }
    }

    private async Task<string?> StartAsync(int song, bool isLive)
    {
        var body = new { prompt = $"song {song} of listener {_number}", duration = _random.Next(2, _length), seed = song, normalize = isLive ? "none" : "loudness" };
        using var answer = await AskAsync(HttpMethod.Post, "/api/v1/generate", body, ("Idempotency-Key", $"{_number}-{song}"));
        return answer is null ? null : (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("task_id").GetString();
    }

    // A sound that is cut off is asked for again, and heard from where it ended.
    private async Task<byte[]?> HearAsync(string id)
    {
        using var all = new MemoryStream();
        for (var cut = 0; cut < 50; cut++)
        {
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"/api/v1/generate/{id}/stream", UriKind.Relative));
                using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
                if (answer.IsSuccessStatusCode)
                {
                    await using var sound = await answer.Content.ReadAsStreamAsync();
                    await SkipAsync(sound, all.Length);
                    await sound.CopyToAsync(all);
                    _tally.Heard(cut);
                    return all.ToArray();
                }
            }
            catch (Exception e) when (e is HttpRequestException or IOException or TaskCanceledException)
            {
                // Its node stops, or its worker.
            }

            await Task.Delay(TimeSpan.FromMilliseconds(500));
        }

        _tally.Fault($"the sound of {id} was cut off again and again");
        return null;
    }

    private static async Task SkipAsync(Stream sound, long bytes)
    {
        var buffer = new byte[64 * 1024];
        for (var left = bytes; left > 0;)
        {
            var read = await sound.ReadAsync(buffer.AsMemory(0, (int)Math.Min(left, buffer.Length)));
            left -= read > 0 ? read : throw new IOException("It ended before the place where it was cut off.");
        }
    }

    private async Task CompareAsync(string id, byte[]? heard)
    {
        using var file = await AskAsync(HttpMethod.Get, $"/api/v1/generate/{id}/audio?format=wav", null);
        if (file is not null && heard is not null && !(await file.Content.ReadAsByteArrayAsync()).SequenceEqual(heard))
            _tally.Fault($"what was heard of {id} isn't its file");
    }

    private async Task TakeTokenAsync()
    {
        using var answer = await AskAsync(HttpMethod.Get, "/api/auth/csrf-token", null);
        _csrf = (await answer!.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("csrfToken").GetString()!;
    }

    /// <summary>Asks until the answer is good; a refusal with Retry-After is waited for, anything else is a fault.</summary>
    private async Task<HttpResponseMessage?> AskAsync(HttpMethod method, string path, object? body, (string Name, string Value)? header = null)
    {
        while (true)
        {
            using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative)) { Content = body is null ? null : JsonContent.Create(body) };
            if (method == HttpMethod.Post)
                request.Headers.Add("X-CSRF-Token", _csrf);
            if (header is { } more)
                request.Headers.Add(more.Name, more.Value);
            _tally.Asked();
            try
            {
                var answer = await _http.SendAsync(request);
                if (answer.IsSuccessStatusCode)
                    return answer;
                var (status, wait) = (answer.StatusCode, answer.Headers.RetryAfter?.Delta);
                var said = await answer.Content.ReadAsStringAsync();
                answer.Dispose();
                if (status is not (HttpStatusCode.ServiceUnavailable or HttpStatusCode.TooManyRequests) || wait is null)
                {
                    _tally.Fault(string.Create(CultureInfo.InvariantCulture, $"{method} {path}: {(int)status} {said.ReplaceLineEndings(" ")}"));
                    return null;
                }

                _tally.Refused();
                await Task.Delay(wait.Value);
            }
            catch (Exception e) when (e is HttpRequestException or IOException or TaskCanceledException)
            {
                _tally.Fault($"{method} {path}: {e.GetBaseException().Message}");
                return null;
            }
        }
    }
}
