using System.Collections.Concurrent;
using System.Globalization;
using System.Net;

namespace MusicGen.Programs.Rolling;

/// <summary>What came of everything that the clients of a rolling restart did.</summary>
internal sealed class Tally
{
    private readonly ConcurrentQueue<string> _faults = [];
    private readonly List<double> _stops = [];
    private long _requests;
    private long _refused;
    private long _tasks;
    private long _events;
    private long _reconnects;
    private long _sounds;
    private long _cut;
    private int _restarts;
    private int _probed;

    public void Asked() => Interlocked.Increment(ref _requests);

    /// <summary>429 or 503 with Retry-After: the client comes again.</summary>
    public void Refused() => Interlocked.Increment(ref _refused);

    public void Done(int events, int reconnects)
    {
        Interlocked.Increment(ref _tasks);
        Interlocked.Add(ref _events, events);
        Interlocked.Add(ref _reconnects, reconnects);
    }

    /// <summary>A sound that was heard while it was made, and how often that was cut off.</summary>
    public void Heard(int cut)
    {
        Interlocked.Increment(ref _sounds);
        Interlocked.Add(ref _cut, cut);
    }

    public void Fault(string what) => _faults.Enqueue($"{DateTimeOffset.UtcNow:HH:mm:ss.fff} {what}");

    public void Probed(HttpStatusCode? live, HttpStatusCode? ready)
    {
        if (live is null && ready is null)
            return; // it has nothing to give notice of
        Interlocked.Increment(ref _probed);
        if (live != HttpStatusCode.OK || ready != HttpStatusCode.ServiceUnavailable)
            Fault($"a stopping node said that it is live: {live}, ready: {ready}");
    }

    public void Stopped(int exitCode, TimeSpan after)
    {
        _stops.Add(after.TotalSeconds);
        Say($"restart {_stops.Count}: stopped after {after.TotalSeconds:0.0} s");
        if (exitCode != 0)
            Fault($"a node ended with {exitCode}");
    }

    public void Restarted() => _restarts++;

    /// <returns>The run's exit code.</returns>
    public int Tell()
    {
        foreach (var fault in _faults.Take(20))
            Console.WriteLine(fault);
        Say($"{_restarts} restarts, stopped after {_stops.Average():0.0} s, at the latest {_stops.Max():0.0} s; {_probed} probed while they stopped");
        Say($"{_requests:N0} requests, {_refused:N0} refused with Retry-After; {_tasks:N0} tasks made, followed by {_events:N0} events over {_reconnects:N0} reconnects; {_sounds:N0} heard while they were made, {_cut:N0} times cut off and gone on with");
        Say($"failed requests, lost tasks, lost or repeated events, ended sessions, wrong bytes: {_faults.Count}");
        return _faults.IsEmpty && _tasks > 0 ? 0 : 1;
    }

    private static void Say(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
