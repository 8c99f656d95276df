namespace MusicGen.Programs.Chaos;

/// <summary>One thing that goes wrong with one part, for a while.</summary>
/// <param name="Kind">As the table shows it.</param>
/// <param name="Target">Whom it befalls.</param>
/// <param name="Length">Until it ends; of a kill, until the part is started again.</param>
internal sealed record Fault(string Kind, Part Target, TimeSpan Length)
{
    private bool IsKill => Kind == "kill -9";

    /// <summary>All that can be done on this machine, in an order of the random numbers': each kind of each kind of part once, then again.</summary>
    /// <param name="service">Whose parts suffer.</param>
    /// <param name="random">Of the seed.</param>
    /// <param name="longest">Seconds; kills last for 1 to 2, all else for 1 to so many.</param>
    public static IEnumerable<Fault> Schedule(ChaosService service, Random random, double longest)
    {
        Part Api() => service.Apis[random.Next(service.Apis.Count)];
        Part Worker() => service.Workers[random.Next(service.Workers.Count)];
        Part Proxy() => service.Proxy;
        Part Redis() => service.Redis;
        Part Bucket() => service.Bucketeer;
        (string Kind, Func<Part>[] Targets)[] kinds =
        [
            ("kill -9", [Api, Worker, Proxy, Redis, Bucket]),
            ("SIGSTOP", [Api, Worker, Proxy, Redis, Bucket]),
            ("link cut", [Api, Worker, Proxy, Redis, Bucket]),
            ("link deaf", [Api, Worker, Redis, Bucket]),
            ("link mute", [Api, Worker, Redis, Bucket]),
            ("slow disk", Disk.Device is null ? [] : [Api, Worker, Redis, Bucket]),
            ("slow link", [Bucket]),
        ];
        var round = kinds.SelectMany(k => k.Targets.Select(t => (k.Kind, Target: t))).ToArray();
        while (true)
        {
            random.Shuffle(round);
            foreach (var (kind, target) in round)
                yield return new Fault(kind, target(), TimeSpan.FromSeconds(kind == "kill -9" ? 1 + random.NextDouble() : 1 + ((longest - 1) * random.NextDouble())));
        }
    }

    /// <summary>From when on all has to be well soon: a killed part's neighbours don't wait for its return.</summary>
    public bool CountsFromItsBeginning => IsKill;

    public Task BeginAsync() => Kind switch
    {
        "kill -9" => Target.KillAsync(),
        "SIGSTOP" => Target.SignalAsync("STOP"),
        "link cut" => Target.Place.CutAsync(),
        "link deaf" => Target.Place.DeafenAsync(),
        "link mute" => Target.Place.MuteAsync(),
        "slow disk" => Disk.SlowAsync(Target.Place.Name),
        "slow link" => Target.Place.NarrowAsync(),
        _ => throw new InvalidOperationException($"There is no fault {Kind}."),
    };

    public Task EndAsync()
    {
        if (IsKill)
        {
            Target.Start();
            return Task.CompletedTask;
        }

        return Kind switch
        {
            "SIGSTOP" => Target.SignalAsync("CONT"),
            "link cut" => Target.Place.JoinAsync(),
            "link deaf" => Target.Place.HearAsync(),
            "link mute" => Target.Place.SpeakAsync(),
            "slow disk" => Disk.QuickenAsync(Target.Place.Name),
            _ => Target.Place.WidenAsync(),
        };
    }
}
