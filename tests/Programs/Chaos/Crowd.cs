namespace MusicGen.Programs.Chaos;

/// <summary>Everybody who uses the service, and what they saw.</summary>
internal sealed class Crowd : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan ProbePatience = TimeSpan.FromSeconds(3);

    private readonly CancellationTokenSource _over = new();
    private readonly List<Person> _people = [];
    private readonly List<Task> _lives = [];
    private readonly HttpClient _http;
    private readonly Songs _songs;
    private readonly Administrator _administrator;
    private int _browsers;

    private Crowd(Uri site)
    {
        _http = new HttpClient(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false, MaxConnectionsPerServer = 512 })
        {
            BaseAddress = site,
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _songs = new Songs(Findings);
        _administrator = new Administrator(() => Open(Patience), Findings);
        Probe = new Probe(NewPerson(), () => Open(ProbePatience), Findings);
    }

    public Findings Findings { get; } = new();

    public Probe Probe { get; }

    public static async Task<Crowd> GatherAsync(ChaosService service, int visitors, int seed)
    {
        await service.CommandAsync(Administrator.Password, "users", "create", "--email", Administrator.Email, "--username", "admin", "--role", "admin", "--password-stdin");
        var crowd = new Crowd(service.Site);
        var graveyard = new Graveyard(crowd.Findings);
        await crowd.VisitorOf(crowd._people[0], graveyard, seed).RegisterAsync();
        // Paying visitors' songs don't wait behind others': what is measured is the recovery, not the queue.
        if (await crowd._administrator.SendAsync(HttpMethod.Patch, $"/api/v1/admin/users/{crowd._people[0].Id}", new { tier = "enterprise" }) is not { IsGood: true })
            throw new InvalidOperationException("The probe's tier wasn't set.");
        for (var i = 0; i < visitors; i++)
        {
            if (i % 2 == 0)
                await crowd.VisitorOf(crowd.NewPerson(), graveyard, seed).RegisterAsync();
            crowd._lives.Add(crowd.VisitorOf(crowd._people[^1], graveyard, seed + i).RunAsync(crowd._over.Token));
        }

        crowd._lives.Add(graveyard.HauntAsync(new Random(seed), crowd._over.Token));
        return crowd;
    }

    /// <summary>Lets everybody finish what they do, and holds the reckoning.</summary>
    public async Task GoHomeAsync(ChaosService service)
    {
        await _over.CancelAsync();
        await Task.WhenAll(_lives);
        var reckoning = new Reckoning(() => Open(Patience), _songs, Findings);
        await Parallel.ForEachAsync(_people, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (person, _) => await reckoning.HoldAsync(person));
        try
        {
            Findings.Say($"audit verify: {await service.CommandAsync(string.Empty, "audit", "verify")}");
        }
        catch (InvalidOperationException e)
        {
            Findings.Violation($"{e.Message}");
        }
    }

    public void Dispose()
    {
        _http.Dispose();
        _administrator.Dispose();
        _over.Dispose();
    }

    private Visitor VisitorOf(Person person, Graveyard graveyard, int seed) =>
        new(person, _administrator, () => Open(Patience), _songs, graveyard, Findings, new Random(seed));

    private Browser Open(TimeSpan patience)
    {
        var number = Interlocked.Increment(ref _browsers);
        return new Browser(_http, Findings, $"198.18.{number / 250 % 250}.{(number % 250) + 1}", patience);
    }

    private Person NewPerson()
    {
        var person = new Person(_people.Count);
        _people.Add(person);
        return person;
    }
}
