using System.Diagnostics;

namespace MusicGen.Programs.Chaos;

/// <summary>
/// A session as its browser knows it: from when on it may be over, because somebody has asked for its end, and from when on it
/// must be, because the answer has arrived.
/// </summary>
internal sealed class Session(Browser browser, Findings findings)
{
    private static readonly TimeSpan AccessLife = TimeSpan.FromSeconds(60);

    private long _ending;
    private long _ended;
    private long _fresh;
    private long _due;

    public Browser Browser => browser;

    public string Id { get; set; } = string.Empty;

    /// <summary>Refresh tokens that were exchanged, the latest last.</summary>
    public List<string> Spent { get; } = [];

    public bool IsEnded => Volatile.Read(ref _ended) != 0;

    public bool MayBeOver => Volatile.Read(ref _ending) != 0;

    /// <summary>Refreshes come at a random moment of the access token's life, so that a thief can't keep in step.</summary>
    public bool IsDue => Stopwatch.GetTimestamp() > _due;

    /// <summary>Whether the access token was alive a moment ago.</summary>
    public bool IsFresh => Stopwatch.GetElapsedTime(_fresh) < AccessLife - TimeSpan.FromSeconds(3);

    /// <param name="asked">When the request was sent that brought the token.</param>
    public void Renewed(long asked)
    {
        _fresh = asked;
        _due = asked + (long)((0.6 + (0.35 * Random.Shared.NextDouble())) * AccessLife.TotalSeconds * Stopwatch.Frequency);
    }

    /// <summary>Before a request is sent that will end it.</summary>
    public void WillEnd() => Interlocked.CompareExchange(ref _ending, Stopwatch.GetTimestamp(), 0);

    /// <summary>When the answer has arrived.</summary>
    public void HasEnded()
    {
        WillEnd();
        Interlocked.CompareExchange(ref _ended, Stopwatch.GetTimestamp(), 0);
    }

    /// <summary>Sends a request of the session and holds the answer against what is known of it.</summary>
    /// <returns>The answer.</returns>
    public async Task<Answer> SendAsync(HttpMethod method, string path, object? body = null, params (string Name, string Value)[] headers)
    {
        var asked = Stopwatch.GetTimestamp();
        var answer = await browser.SendAsync(method, path, body, headers);
        Judge(asked, answer.Status is { } status ? (int)status : null, $"{method} {path.Split('?')[0]}: {answer}");
        return answer;
    }

    public void Judge(long asked, int? status, string what)
    {
        if (status is null or 502 or 503 or 504)
            return;
        if (status == 401)
        {
            if (!MayBeOver && IsFresh)
                findings.Violation($"session {Id} lives and was refused: {what}");
            return;
        }

        if (status >= 400)
            findings.Violation($"a strange answer: {what}");
        else if (Volatile.Read(ref _ended) is not 0 and var ended && ended < asked)
            findings.Violation($"session {Id} was over for {Stopwatch.GetElapsedTime(ended, asked).TotalSeconds:0.00} s and was let in: {what}");
    }

    /// <returns>False when it is over.</returns>
    public async Task<bool> RefreshAsync()
    {
        var (asked, before) = (Stopwatch.GetTimestamp(), browser.RefreshToken);
        var answer = await browser.SendAsync(HttpMethod.Post, "/api/auth/refresh");
        if (answer.IsGood)
        {
            findings.Count("sessions refreshed");
            Judge(asked, 200, "POST /api/auth/refresh");
            Renewed(asked);
            if (before != browser.RefreshToken)
                Spent.Add(before);
        }
        else if (answer.Status is not null && !answer.IsOutage)
        {
            if (!MayBeOver)
                findings.Violation($"session {Id} lives and wasn't refreshed: {answer}");
            WillEnd();
            return false;
        }

        return true;
    }
}
