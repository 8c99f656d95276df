using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace MusicGen.Programs.Rolling;

/// <summary>Follows one task's events as a browser's EventSource does: a stream that ends is opened again after the last event seen.</summary>
internal sealed class Follower(HttpClient http, string id, Tally tally, TimeSpan patience)
{
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private string? _last;
    private string? _end;
    private int _wait = 3000;

    /// <returns>The last event's name; null when none came in time.</returns>
    public async Task<string?> FollowAsync()
    {
        var start = Stopwatch.GetTimestamp();
        var reconnects = -1;
        while (_end is null && Stopwatch.GetElapsedTime(start) < patience)
        {
            if (++reconnects > 0)
                await Task.Delay(_wait);
            await OpenAsync();
        }

        if (_end is not null)
            await MustBeOverAsync();
        tally.Done(_seen.Count, Math.Max(0, reconnects));
        return _end;
    }

    private async Task OpenAsync()
    {
        try
        {
            tally.Asked();
            using var answer = await SendAsync();
            if (answer.StatusCode == HttpStatusCode.OK)
                await ReadAsync(answer);
            else if (answer.StatusCode is HttpStatusCode.ServiceUnavailable or HttpStatusCode.TooManyRequests && answer.Headers.RetryAfter is not null)
                tally.Refused();
            else
                tally.Fault(string.Create(CultureInfo.InvariantCulture, $"events of {id}: {(int)answer.StatusCode}"));
        }
        catch (Exception e) when (e is HttpRequestException or IOException or TaskCanceledException)
        {
            tally.Fault($"events of {id}: {e.GetBaseException().Message}");
        }
    }

    private async Task ReadAsync(HttpResponseMessage answer)
    {
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync());
        var (name, isWhole) = (string.Empty, true);
        while (_end is null && await reader.ReadLineAsync() is { } line)
        {
            isWhole = line.Length == 0;
            if (line.StartsWith("retry: ", StringComparison.Ordinal))
                _wait = int.Parse(line.AsSpan(7), CultureInfo.InvariantCulture);
            else if (line.StartsWith("event: ", StringComparison.Ordinal))
                name = line[7..];
            else if (line.StartsWith("id: ", StringComparison.Ordinal))
                See(name, line[4..]);
        }

        if (_end is null && !isWhole)
            tally.Fault($"events of {id}: a stream ended within an event");
    }

    private void See(string name, string eventId)
    {
        if (!_seen.Add(eventId))
            tally.Fault($"events of {id}: {eventId} came twice");
        _last = eventId;
        if (name != "progress")
            _end = name;
    }

    // Who has seen the end has missed nothing that would still be said.
    private async Task MustBeOverAsync()
    {
        tally.Asked();
        try
        {
            using var answer = await SendAsync();
            if (answer.StatusCode != HttpStatusCode.NoContent)
                tally.Fault(string.Create(CultureInfo.InvariantCulture, $"events of {id} after the end: {(int)answer.StatusCode}"));
        }
        catch (Exception e) when (e is HttpRequestException or IOException or TaskCanceledException)
        {
            tally.Fault($"events of {id} after the end: {e.GetBaseException().Message}");
        }
    }

    private async Task<HttpResponseMessage> SendAsync()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"/api/v1/generate/{id}/events", UriKind.Relative));
        if (_last is not null)
            request.Headers.Add("Last-Event-ID", _last);
        return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }
}
