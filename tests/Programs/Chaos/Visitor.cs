using System.Diagnostics;
using System.Net;

namespace MusicGen.Programs.Chaos;

/// <summary>
/// Somebody at a browser: signs in, asks, makes songs and listens to them, signs out here or everywhere; one thing after the
/// other, as a well-behaved client does, and always knowing what must be true.
/// </summary>
internal sealed class Visitor(Person person, Administrator administrator, Func<Browser> open, Songs songs, Graveyard graveyard, Findings findings, Random random)
{
    private Session? _session;

    public async Task RunAsync(CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            if (_session is not { IsEnded: false, MayBeOver: false } session)
                _session = await SignInAsync(over);
            else if (session.IsDue || !session.IsFresh)
                await session.RefreshAsync();
            else
                await ActAsync(session, over);
            await Task.Delay(TimeSpan.FromSeconds(0.2 + (1.6 * random.NextDouble())), CancellationToken.None);
        }
    }

    public async Task RegisterAsync()
    {
        var browser = open();
        await browser.SendAsync(HttpMethod.Get, "/api/auth/csrf-token");
        var answer = await browser.SendAsync(HttpMethod.Post, "/api/auth/register", new { email = person.Email, username = person.Username, password = person.Password });
        if (!answer.IsGood)
            throw new InvalidOperationException($"{person.Email} wasn't registered: {answer}");
        person.Id = answer.Body.GetProperty("user").GetProperty("id").GetString()!;
    }

    private Task ActAsync(Session session, CancellationToken over) => random.Next(1000) switch
    {
        < 380 => AskAsync(session),
        < 500 => session.SendAsync(HttpMethod.Get, "/api/v1/quota"),
        < 580 => session.SendAsync(HttpMethod.Get, "/api/v1/generate?limit=5"),
        < 930 => songs.MakeAsync(person, session, random, over),
        < 942 => SignOutAsync(session, over),
        < 952 => EndOtherAsync(session, over),
        < 960 => EndAllAsync(session, keepCurrent: random.Next(2) == 0, over),
        < 966 => BanishAsync(over),
        _ => BeRobbedAsync(session),
    };

    private async Task<Session?> SignInAsync(CancellationToken over)
    {
        await person.Gate.WaitAsync(CancellationToken.None);
        try
        {
            var browser = open();
            await browser.SendAsync(HttpMethod.Get, "/api/auth/csrf-token");
            var asked = Stopwatch.GetTimestamp();
            var answer = await browser.SendAsync(HttpMethod.Post, "/api/auth/login", new { email = person.Email, password = person.Password });
            if (!answer.IsGood)
            {
                // Without a token before it, which an outage may have kept from it, it is refused for that.
                if (!answer.IsOutage && answer.Status != HttpStatusCode.Forbidden)
                    findings.Violation($"{person.Email} can't sign in: {answer}");
                return null;
            }

            var session = new Session(browser, findings);
            session.Renewed(asked);
            if (person.IsInDoubt)
                session.WillEnd();
            findings.Count("sessions opened");
            if (await IdOfAsync(session) is not { } id)
            {
                session.WillEnd(); // it would end with the others without anybody's knowing which it is
                return null;
            }

            session.Id = id;
            person.Sessions[id] = session;
            return session;
        }
        finally
        {
            person.Gate.Release();
        }
    }

    private static async Task<string?> IdOfAsync(Session session)
    {
        var answer = await session.SendAsync(HttpMethod.Get, "/api/auth/sessions");
        return answer.IsGood
            ? answer.Body.GetProperty("items").EnumerateArray().Where(s => s.GetProperty("current").GetBoolean()).Select(s => s.GetProperty("id").GetString()).FirstOrDefault()
            : null;
    }

    private async Task AskAsync(Session session)
    {
        var answer = await session.SendAsync(HttpMethod.Get, "/api/auth/session");
        if (answer.IsGood && !answer.Body.GetProperty("authenticated").GetBoolean() && !session.MayBeOver && session.IsFresh)
            findings.Violation($"session {session.Id} lives and isn't signed in");
    }

    private async Task SignOutAsync(Session session, CancellationToken over)
    {
        session.WillEnd();
        while (!over.IsCancellationRequested)
        {
            var answer = await session.Browser.SendAsync(HttpMethod.Post, "/api/auth/logout");
            if (answer.IsGood)
            {
                Bury(session, "logout");
                return;
            }

            if (!answer.IsOutage)
            {
                findings.Violation($"a strange answer: POST /api/auth/logout: {answer}");
                return;
            }

            await Task.Delay(500, CancellationToken.None);
        }
    }

    private async Task EndOtherAsync(Session session, CancellationToken over)
    {
        if (session.Id.Length == 0 || person.Sessions.Values.FirstOrDefault(s => s.Id != session.Id && !s.IsEnded) is not { } other)
            return;
        other.WillEnd();
        while (!over.IsCancellationRequested && session is { MayBeOver: false, IsFresh: true })
        {
            // 404: an attempt whose answer was lost has done it, or it had ended in another way.
            var answer = await session.Browser.SendAsync(HttpMethod.Delete, $"/api/auth/sessions/{other.Id}");
            if (answer.IsGood || answer.Status == HttpStatusCode.NotFound)
            {
                Bury(other, "revoked");
                return;
            }

            await Task.Delay(500, CancellationToken.None);
        }
    }

    private async Task EndAllAsync(Session session, bool keepCurrent, CancellationToken over)
    {
        await person.Gate.WaitAsync(CancellationToken.None);
        try
        {
            var ending = person.Sessions.Values.Where(s => !keepCurrent || s != session).ToList();
            ending.ForEach(s => s.WillEnd());
            if (!keepCurrent)
                session.WillEnd();
            while (!over.IsCancellationRequested && session.IsFresh)
            {
                var answer = await session.Browser.SendAsync(HttpMethod.Post, "/api/auth/logout-all", new { keep_current = keepCurrent });
                if (answer.IsGood)
                {
                    ending.ForEach(s => Bury(s, "logout-all"));
                    return;
                }

                if (answer.Status == HttpStatusCode.Unauthorized)
                    return; // over by an attempt whose answer was lost, or by somebody else: not known to be
                person.Doubt();
                await Task.Delay(500, CancellationToken.None);
            }
        }
        finally
        {
            person.Gate.Release();
        }
    }

    private async Task BanishAsync(CancellationToken over)
    {
        await person.Gate.WaitAsync(CancellationToken.None);
        try
        {
            var ending = person.Sessions.Values.ToList();
            _session?.WillEnd();
            ending.ForEach(s => s.WillEnd());
            if (await administrator.EndSessionsAsync(person, over))
                ending.ForEach(s => Bury(s, "admin"));
        }
        finally
        {
            person.Gate.Release();
        }
    }

    // A thief presents a token that was exchanged before the last one: the session must die of it, its owner's tokens too.
    private async Task BeRobbedAsync(Session session)
    {
        if (session.Spent.Count < 2)
            return;
        session.WillEnd();
        var answer = await session.Browser.With(session.Spent[^2]).SendAsync(HttpMethod.Post, "/api/auth/refresh");
        if (answer.IsGood)
            findings.Violation($"session {session.Id}: a token that was exchanged twice was taken");
        else if (answer.Code == "auth.refresh_reused")
            Bury(session, "reuse");
    }

    private void Bury(Session session, string why)
    {
        session.HasEnded();
        if (session.Id.Length > 0)
            person.Sessions.TryRemove(session.Id, out _);
        findings.Count($"sessions ended by {why}");
        graveyard.Add(session);
    }
}
