using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace MusicGen.Programs.Failover;

/// <summary>What was seen in all rounds.</summary>
internal sealed class FailoverFigures
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<SessionClient, bool> _isWell = new();
    private readonly List<double> _first = [];
    private readonly List<double> _all = [];
    private long _began;
    private long _firstAt;
    private long _answers;
    private long _refused;
    private long _letIn;
    private long _turnedAway;
    private long _strange;
    private int _refreshed;
    private int _refreshedLost;
    private int _late;
    private int _lateLost;
    private int _endedAlive;

    /// <summary>The primary is dead; from here on everybody has to have an answer of their own.</summary>
    public void Begin()
    {
        foreach (var client in _isWell.Keys)
            _isWell[client] = false;
        Interlocked.Exchange(ref _firstAt, 0);
        Interlocked.Exchange(ref _began, Stopwatch.GetTimestamp());
    }

    /// <param name="client">Who.</param>
    /// <param name="lives">Whether the session goes on.</param>
    /// <param name="mayLive">Whether it had not been ended when the request was sent.</param>
    /// <param name="status">The answer.</param>
    public void Answered(SessionClient client, bool lives, bool mayLive, HttpStatusCode status)
    {
        Interlocked.Increment(ref _answers);
        if (status == HttpStatusCode.ServiceUnavailable)
            Interlocked.Increment(ref _refused);
        else if (status == HttpStatusCode.OK && !mayLive)
            Interlocked.Increment(ref _letIn);
        else if (status == HttpStatusCode.Unauthorized && lives)
            Interlocked.Increment(ref _turnedAway);
        else if (status is not (HttpStatusCode.OK or HttpStatusCode.Unauthorized))
            Interlocked.Increment(ref _strange);
        _isWell[client] = status == (lives ? HttpStatusCode.OK : HttpStatusCode.Unauthorized);
        if (lives && status == HttpStatusCode.OK)
            Interlocked.CompareExchange(ref _firstAt, Stopwatch.GetTimestamp(), 0);
    }

    public async Task UntilWellAsync()
    {
        var begin = Interlocked.Read(ref _began);
        while (!_isWell.Values.All(w => w))
        {
            if (Stopwatch.GetElapsedTime(begin) > Patience)
                throw new InvalidOperationException("All wasn't well within a minute.");
            await Task.Delay(5);
        }

        _first.Add(Stopwatch.GetElapsedTime(begin, Interlocked.Read(ref _firstAt)).TotalSeconds);
        _all.Add(Stopwatch.GetElapsedTime(begin).TotalSeconds);
    }

    /// <summary>Nobody asks any more.</summary>
    public void End() => _isWell.Clear();

    public void Refreshed(bool goesOn)
    {
        _refreshed++;
        _refreshedLost += goesOn ? 0 : 1;
    }

    public void Late(HttpStatusCode status)
    {
        _late++;
        _lateLost += status == HttpStatusCode.OK ? 0 : 1;
    }

    public void Ended(HttpStatusCode? status) => _endedAlive += status == HttpStatusCode.OK ? 1 : 0;

    public int Tell(string kind, int seed)
    {
        Say($"{kind}, seed {seed}: {_first.Count} fail-overs, {_answers:N0} answers, {_refused:N0} refused with 503");
        Say($"first success after {_first.Average():0.00} s, at the latest {_first.Max():0.00} s; all well after {_all.Average():0.00} s, at the latest {_all.Max():0.00} s");
        Say($"let in wrongly: {_letIn} requests, {_endedAlive} refreshes; turned away wrongly: {_turnedAway}; neither 200, 401 nor 503: {_strange}");
        Say($"writes that the replica hadn't heard of: {_late} sessions opened, {_lateLost} lost; {_refreshed} refreshed, {_refreshedLost} lost");
        return _letIn + _endedAlive + _turnedAway + _strange + _refreshedLost == 0 ? 0 : 1;
    }

    private static void Say(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
