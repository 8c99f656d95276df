namespace MusicGen.Programs.Chaos;

/// <summary>Sessions that are over, the latest hundreds, whose cookies are presented again and again: nobody may be let in by them.</summary>
internal sealed class Graveyard(Findings findings)
{
    private const int Kept = 300;
    private const int Recent = 10;

    private readonly List<Session> _dead = [];

    public void Add(Session session)
    {
        lock (_dead)
        {
            _dead.Add(session);
            if (_dead.Count > Kept)
                _dead.RemoveAt(0);
        }
    }

    public async Task HauntAsync(Random random, CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            if (Pick(random) is { } session)
                await PresentAsync(session, random);
            await Task.Delay(100, CancellationToken.None);
        }
    }

    private async Task PresentAsync(Session session, Random random)
    {
        findings.Count("ghosts presented");
        switch (random.Next(3))
        {
            case 0:
                await session.SendAsync(HttpMethod.Get, "/api/v1/quota");
                break;
            case 1:
                var seen = await session.Browser.SendAsync(HttpMethod.Get, "/api/auth/session");
                if (seen.IsGood && (seen.Body.GetProperty("authenticated").GetBoolean()
                    || (seen.Body.TryGetProperty("refreshable", out var refreshable) && refreshable.GetBoolean())))
                    findings.Violation($"session {session.Id} is over and was taken for one that lives");
                break;
            default:
                var answer = await session.Browser.SendAsync(HttpMethod.Post, "/api/auth/refresh");
                if (answer.IsGood)
                    findings.Violation($"session {session.Id} is over and was refreshed");
                break;
        }
    }

    private Session? Pick(Random random)
    {
        lock (_dead)
        {
            if (_dead.Count == 0)
                return null;
            return random.Next(2) == 0 ? _dead[^random.Next(1, Math.Min(Recent, _dead.Count) + 1)] : _dead[random.Next(_dead.Count)];
        }
    }
}
