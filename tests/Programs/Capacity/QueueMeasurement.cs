using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace MusicGen.Programs.Capacity;

/// <summary>A server under requests that come by chance, and the simulation of the same requests: do songs wait alike?</summary>
internal static class QueueMeasurement
{
    private static readonly string[] Tiers = ["free", "premium", "enterprise"];

    // The product's defaults.
    private static readonly int[] Workers = [1, 1, 2];

    private const int Repetitions = 20;
    private const double LongestPause = 0.5;

    public static Command Command()
    {
        var minutes = new Option<double>("--minutes") { DefaultValueFactory = _ => 6, Description = "How long requests come." };
        var load = new Option<double>("--load") { DefaultValueFactory = _ => 0.7, Description = "The share of their time that workers are busy, as far as it can be told before." };
        var command = new Command("measure", "Waiting times of a server with the embedded composer beside those of the simulation.") { minutes, load };
        command.SetAction(result => RunAsync(TimeSpan.FromMinutes(result.GetValue(minutes)), result.GetValue(load)));
        return command;
    }

    private static async Task<int> RunAsync(TimeSpan duration, double load)
    {
        await using var server = new OwnServer(Variables());
        await server.StartAsync();
        var accounts = new List<Account>();
        foreach (var tier in Tiers)
        {
            accounts.Add(await Account.RegisterAsync(server.Address));
            await server.RunAsync("users", "set-tier", accounts[^1].Email, tier);
        }

        var random = new Random(1);
        await AllAtOnceAsync(accounts, random); // the program is compiled by its first songs
        var took = (await AllAtOnceAsync(accounts, random)).Average(s => s.Completed - s.Started);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"A song takes {took:0.00} s with all workers busy."));

        var asked = Tiers.Select(_ => new List<Task<string>>()).ToList();
        var start = Stopwatch.GetTimestamp();
        await Task.WhenAll(Tiers.Select((_, tier) => AskByChanceAsync(accounts[tier], asked[tier], load * Workers[tier] / took, duration, seed: 100 + tier)));
        var songs = await EndedAsync(accounts, asked);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{songs.Count} songs in {Stopwatch.GetElapsedTime(start).TotalMinutes:0.0} minutes.\n"));

        Compare(songs);
        foreach (var account in accounts)
            account.Dispose();
        return 0;
    }

    private static Dictionary<string, string> Variables()
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var tier in Tiers.Select(t => t.ToUpperInvariant()))
        {
            foreach (var window in new[] { "MINUTE", "HOUR", "DAY" })
                variables[$"QUOTA_{tier}_{window}"] = "1000000";
            foreach (var window in new[] { "MINUTE", "HOUR", "DAY", "BURST" })
                variables[$"RATE_LIMIT_{tier}_{window}"] = "100000000";
            variables[$"QUOTA_{tier}_AUDIO_SECONDS"] = "100000000";
        }

        return variables;
    }

    private static Task<List<Song>> AllAtOnceAsync(List<Account> accounts, Random random) => EndedAsync(accounts, accounts.Select(
        (account, tier) => Enumerable.Range(0, 3 * Workers[tier]).Select(_ => AskAsync(account, random))));

    private static async Task AskByChanceAsync(Account account, List<Task<string>> asked, double rate, TimeSpan duration, int seed)
    {
        var random = new Random(seed);
        var start = Stopwatch.GetTimestamp();
        var next = TimeSpan.Zero;
        while (true)
        {
            next += TimeSpan.FromSeconds(-Math.Log(1 - random.NextDouble()) / rate);
            if (next > duration)
                return;
            var pause = next - Stopwatch.GetElapsedTime(start);
            if (pause > TimeSpan.Zero)
                await Task.Delay(pause);
            asked.Add(AskAsync(account, random));
        }
    }

    private static async Task<string> AskAsync(Account account, Random random) =>
        (await account.PostAsync("/api/v1/generate", new { prompt = "calm piano", duration = random.Next(20, 61), seed = random.Next() })).GetProperty("task_id").GetString()!;

    private static async Task<List<Song>> EndedAsync(List<Account> accounts, IEnumerable<IEnumerable<Task<string>>> asked)
    {
        var songs = new List<Song>();
        foreach (var (tier, tasks) in asked.Index())
        {
            foreach (var task in tasks)
            {
                var id = await task;
                JsonElement view;
                while ((view = await accounts[tier].GetAsync($"/api/v1/generate/{id}")).GetProperty("status").GetString() is not ("completed" or "failed"))
                    await Task.Delay(250);
                songs.Add(new Song(tier, Moment(view, "created_at"), Moment(view, "started_at"), Moment(view, "completed_at")));
            }
        }

        return [.. songs.OrderBy(s => s.Created)];
    }

    private static double Moment(JsonElement view, string name) => (view.GetProperty(name).GetDateTimeOffset() - DateTimeOffset.UnixEpoch).TotalSeconds;

    // What songs, pickups and pauses took is fed in as it was measured, the sharing of the cores included: what is compared is
    // the queue. Which pause came after which song is left to chance, or the simulation would repeat the measurement.
    private static void Compare(List<Song> songs)
    {
        var (pickups, pauses) = (Pickups(songs), Pauses(songs));
        Tell("An idle worker started a song", pickups, "after it was asked for");
        Tell("A worker started a song that waited", pauses, "after the end of the one before");
        var measured = songs.Select(s => new ServedSong(s.Created, s.Tier, s.Started - s.Created, s.Completed - s.Created)).ToList();
        var random = new Random(5);
        var same = Enumerable.Range(0, Repetitions).SelectMany(_ => Simulate(songs, songs.Select(s => s.Completed - s.Started), pickups, pauses, random)).ToList();
        var drawn = Enumerable.Range(0, Repetitions).SelectMany(_ => Simulate(songs, Shuffled(songs, random), pickups, pauses, random)).ToList();

        Console.WriteLine($"\n| tier | songs | busy | mean wait, measured | simulated {Repetitions} times, each song as long as it was | | the same lengths in another order | |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|");
        foreach (var (tier, name) in Tiers.Index())
            Row(name, Workers[tier], songs.Where(s => s.Tier == tier).ToList(), Waits(measured, tier), Waits(same, tier), Waits(drawn, tier));
        Row("all", Workers.Sum(), songs, Waits(measured, null), Waits(same, null), Waits(drawn, null));
    }

    private static void Tell(string what, double[] seconds, string when) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture, $"{what} {seconds.Average():0.000} s {when} (median {Quantile.Of(seconds, 0.5):0.000} s, 95 % {Quantile.Of(seconds, 0.95):0.000} s, {seconds.Length} times)."));

    private static void Row(string name, int workers, List<Song> songs, double measured, double same, double drawn)
    {
        var busy = songs.Sum(s => s.Completed - s.Started) / workers / (songs[^1].Created - songs[0].Created);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {songs.Count} | {busy:P0} | {measured:0.00} s | {same:0.00} s | {(same / measured) - 1:+0.0 %;-0.0 %} | {drawn:0.00} s | {(drawn / measured) - 1:+0.0 %;-0.0 %} |"));
    }

    private static double Waits(IEnumerable<ServedSong> songs, int? tier) => songs.Where(s => tier is null || s.Tier == tier).Average(s => s.Waited);

    private static IReadOnlyList<ServedSong> Simulate(List<Song> songs, IEnumerable<double> works, double[] pickups, double[] pauses, Random random) =>
        new QueueSimulation(1, Workers, [.. Enumerable.Range(1, Workers.Sum()).Select(n => (double)n)])
        {
            Pickup = () => pickups[random.Next(pickups.Length)],
            Between = () => pauses[random.Next(pauses.Length)],
        }.Run(songs.Zip(works, (s, work) => new SongArrival(s.Created, s.Tier, work)));

    // Of songs whose tier had made and put away everything when they were asked for.
    private static double[] Pickups(List<Song> songs) => [.. songs
        .Where(s => songs.TrueForAll(o => o.Tier != s.Tier || o.Created >= s.Created || o.Completed < s.Created - LongestPause))
        .Select(s => s.Started - s.Created)];

    // Of the tiers that have one worker: from a song's end to the start of the next, where that one was waiting already.
    private static double[] Pauses(List<Song> songs) => [.. Tiers.Index().Where(t => Workers[t.Index] == 1).SelectMany(t =>
    {
        var inTurn = songs.Where(s => s.Tier == t.Index).OrderBy(s => s.Started).ToList();
        return inTurn.Zip(inTurn.Skip(1)).Where(pair => pair.Second.Created < pair.First.Completed).Select(pair => pair.Second.Started - pair.First.Completed);
    })];

    private static double[] Shuffled(List<Song> songs, Random random)
    {
        var works = songs.Select(s => s.Completed - s.Started).ToArray();
        random.Shuffle(works);
        return works;
    }

    private sealed record Song(int Tier, double Created, double Started, double Completed);
}
