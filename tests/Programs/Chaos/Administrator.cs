using System.Diagnostics;

namespace MusicGen.Programs.Chaos;

/// <summary>Who ends other people's sessions, and asks for the trail's proof.</summary>
internal sealed class Administrator(Func<Browser> open, Findings findings) : IDisposable
{
    public const string Email = "admin@example.org";
    public const string Password = "violet teapot admin orbit";

    private static readonly TimeSpan Recent = TimeSpan.FromMinutes(10); // after a quarter of an hour changes ask for a step-up

    private readonly SemaphoreSlim _gate = new(1, 1);
    private Session? _session;
    private long _signedIn;

    /// <returns>Whether it is known to be done.</returns>
    public async Task<bool> EndSessionsAsync(Person person, CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            if (await SendAsync(HttpMethod.Patch, $"/api/v1/admin/users/{person.Id}", new { end_sessions = true }) is { } answer)
            {
                if (answer.IsGood)
                    return true;
                person.Doubt();
            }

            await Task.Delay(500, CancellationToken.None);
        }

        return false;
    }

    /// <returns>Null when nobody could be signed in to ask.</returns>
    public async Task<Answer?> SendAsync(HttpMethod method, string path, object? body)
    {
        await _gate.WaitAsync();
        try
        {
            if (_session is { IsDue: true } due && !await due.RefreshAsync())
                _session = null;
            if (_session is not { IsFresh: true } || Stopwatch.GetElapsedTime(_signedIn) > Recent)
                _session = await SignInAsync();
            return _session is { } session ? await session.SendAsync(method, path, body) : null;
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose() => _gate.Dispose();

    private async Task<Session?> SignInAsync()
    {
        var browser = open();
        await browser.SendAsync(HttpMethod.Get, "/api/auth/csrf-token");
        var asked = Stopwatch.GetTimestamp();
        if (!(await browser.SendAsync(HttpMethod.Post, "/api/auth/login", new { email = Email, password = Password })).IsGood)
            return null;
        var session = new Session(browser, findings);
        session.Renewed(asked);
        _signedIn = asked;
        return session;
    }
}
