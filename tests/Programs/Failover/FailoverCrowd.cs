using System.Net;

namespace MusicGen.Programs.Failover;

/// <summary>
/// People with four sessions each: one that goes on, one whose token is refreshed, one that is ended and one that is opened
/// in the moment of which the replica hears nothing.
/// </summary>
internal sealed class FailoverCrowd : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly Cluster _nodes;
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseCookies = false, MaxConnectionsPerServer = 256 }) { Timeout = TimeSpan.FromSeconds(30) };
    private readonly List<Account> _accounts = [];
    private readonly List<SessionClient> _going = [];
    private readonly List<SessionClient> _refreshed = [];
    private readonly List<SessionClient> _ended = [];
    private readonly List<SessionClient> _late = [];
    private volatile bool _areEnded;
    private int _addresses;

    private FailoverCrowd(Cluster nodes) => _nodes = nodes;

    public static async Task<FailoverCrowd> GatherAsync(Cluster nodes, int accounts)
    {
        var crowd = new FailoverCrowd(nodes);
        for (var i = 0; i < accounts; i++)
            await PatientlyAsync(() => ToldAsync(async () => crowd._accounts.Add(await Account.RegisterAsync(nodes.Nodes[0].Address))));
        return crowd;
    }

    /// <summary>Each gets three sessions; those of an earlier round are forgotten.</summary>
    public async Task SignInAsync()
    {
        _areEnded = false;
        foreach (var sessions in (List<SessionClient>[])[_going, _refreshed, _ended, _late])
            sessions.Clear();
        foreach (var account in _accounts)
        {
            _going.Add(await OpenAsync(account));
            _refreshed.Add(await OpenAsync(account));
            _ended.Add(await OpenAsync(account));
        }
    }

    /// <summary>Everybody asks, all the time: those that go on, and those that are over.</summary>
    public Task AskAsync(FailoverFigures figures, int seed, CancellationToken over)
    {
        var random = new Random(seed);
        return Task.WhenAll(_going.Select(s => (s, true)).Concat(_ended.Select(s => (s, false)))
            .Select(pair => AskAsync(pair.s, pair.Item2, figures, new Random(random.Next()), over)));
    }

    /// <summary>What the replica doesn't hear of.</summary>
    public async Task ActAsync()
    {
        await Task.WhenAll(_ended.Select(s => PatientlyAsync(async () => await s.LogoutAsync(_nodes.Nodes[0].Address) ? HttpStatusCode.OK : HttpStatusCode.ServiceUnavailable)));
        _areEnded = true;
        foreach (var session in _refreshed)
            session.Take(await RefreshAsync(session));
        foreach (var account in _accounts)
            _late.Add(await OpenAsync(account));
    }

    /// <summary>What came of it.</summary>
    public async Task LookAsync(FailoverFigures figures)
    {
        foreach (var session in _refreshed)
        {
            var access = await PatientlyAsync(() => _nodes.Any().StatusAsync(_http, session));
            figures.Refreshed(access == HttpStatusCode.OK && (await RefreshAsync(session)).Status == HttpStatusCode.OK);
        }

        foreach (var session in _late)
            figures.Late(await PatientlyAsync(() => _nodes.Any().StatusAsync(_http, session)));
        foreach (var session in _ended)
            figures.Ended((await RefreshAsync(session)).Status);
    }

    public void Dispose()
    {
        foreach (var account in _accounts)
            account.Dispose();
        _http.Dispose();
    }

    // On a busy machine the server's patience of 70 ms may end; whoever is told to come again does.
    private static async Task<HttpStatusCode> PatientlyAsync(Func<Task<HttpStatusCode>> ask)
    {
        while (true)
        {
            var status = await ask();
            if (status != HttpStatusCode.ServiceUnavailable)
                return status;
            await Task.Delay(Pause);
        }
    }

    private static async Task<HttpStatusCode> ToldAsync(Func<Task> act)
    {
        try
        {
            await act();
            return HttpStatusCode.OK;
        }
        catch (HttpRequestException e) when (e.StatusCode == HttpStatusCode.ServiceUnavailable)
        {
            return HttpStatusCode.ServiceUnavailable;
        }
    }

    private async Task<RefreshAnswer> RefreshAsync(SessionClient session)
    {
        var answer = RefreshAnswer.None;
        await PatientlyAsync(async () =>
        {
            answer = await session.PresentAsync(_nodes.Any().Address, session.Refresh);
            return answer.Status ?? HttpStatusCode.ServiceUnavailable;
        });
        return answer;
    }

    private async Task<SessionClient> OpenAsync(Account account)
    {
        var number = Interlocked.Increment(ref _addresses);
        var session = new SessionClient(_http, $"198.19.{number / 250 % 250}.{(number % 250) + 1}");
        await PatientlyAsync(() => ToldAsync(() => session.LoginAsync(_nodes.Nodes[number % 2].Address, account.Email, account.Password)));
        return session;
    }

    private async Task AskAsync(SessionClient session, bool lives, FailoverFigures figures, Random random, CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            // Whoever asked before the end was answered may be let in.
            var mayLive = lives || !_areEnded;
            var status = await _nodes.Nodes[random.Next(2)].StatusAsync(_http, session);
            figures.Answered(session, lives, mayLive, status);
            await Task.Delay(Pause, CancellationToken.None);
        }
    }
}

/// <summary>How a session fares at a node.</summary>
internal static class SessionStatus
{
    public static async Task<HttpStatusCode> StatusAsync(this OwnServer node, HttpClient http, SessionClient session)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(node.Address, "/api/v1/quota"));
        request.Headers.Add("Cookie", $"auth_token={session.Access}");
        using var answer = await http.SendAsync(request, CancellationToken.None);
        return answer.StatusCode;
    }
}
