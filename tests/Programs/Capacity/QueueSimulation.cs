namespace MusicGen.Programs.Capacity;

/// <summary>
/// The product's queue in events instead of time: one line of waiting songs a tier, first come, first served; nodes that each
/// have so many workers of each tier; the songs that a node makes at once share its speed.
/// </summary>
/// <param name="nodes">How many there are, all alike.</param>
/// <param name="workers">Of each tier on each node.</param>
/// <param name="throughput">What a node makes with 1, 2, 3 … songs at once, in songs made alone; the last holds for more.</param>
internal sealed class QueueSimulation(int nodes, int[] workers, double[] throughput)
{
    private readonly Node[] _nodes = [.. Enumerable.Range(0, nodes).Select(_ => new Node())];
    private readonly Queue<SongArrival>[] _waiting = [.. workers.Select(_ => new Queue<SongArrival>())];

    // An idle worker is its node's number, as often as the node has idle ones of the tier.
    private readonly List<int>[] _idle = [.. workers.Select(w => Enumerable.Range(0, nodes).SelectMany(n => Enumerable.Repeat(n, w)).ToList())];
    private readonly PriorityQueue<Action<double>, double> _events = new();
    private readonly List<ServedSong> _served = [];

    // Of the choice among idle workers: whichever asks Redis first has the song.
    private readonly Random _random = new(1);

    /// <summary>A tier's line takes no more; beyond, a song is refused.</summary>
    public int MaxWaiting { get; init; } = int.MaxValue;

    /// <summary>Seconds from a request to the start of its song by an idle worker, asked for each.</summary>
    public Func<double> Pickup { get; init; } = () => 0;

    /// <summary>Seconds from a song's end until its worker could start the next, asked for each.</summary>
    public Func<double> Between { get; init; } = () => 0;

    /// <summary>Makes every song that arrives.</summary>
    /// <param name="arrivals">The earlier first.</param>
    /// <returns>In the order of completion; refused songs aren't among them.</returns>
    public IReadOnlyList<ServedSong> Run(IEnumerable<SongArrival> arrivals)
    {
        foreach (var song in arrivals)
        {
            HappenUntil(song.At);
            if (_idle[song.Tier].Count > 0)
            {
                var node = TakeIdle(song.Tier);
                _events.Enqueue(now => Start(song, node, now), song.At + Pickup());
            }
            else if (_waiting[song.Tier].Count < MaxWaiting)
            {
                _waiting[song.Tier].Enqueue(song);
            }
        }

        HappenUntil(double.PositiveInfinity);
        return _served;
    }

    private void HappenUntil(double end)
    {
        while (_events.TryPeek(out var happen, out var at) && at <= end)
        {
            _events.Dequeue();
            happen(at);
        }
    }

    private int TakeIdle(int tier)
    {
        var idle = _idle[tier];
        var chosen = _random.Next(idle.Count);
        var node = idle[chosen];
        idle[chosen] = idle[^1];
        idle.RemoveAt(idle.Count - 1);
        return node;
    }

    private void Start(SongArrival song, int number, double now)
    {
        var node = _nodes[number];
        node.Advance(now, Speed(node));
        node.Songs.Add(new Making { Song = song, Started = now, Left = song.Work });
        NoteNextEnd(number, now);
    }

    private void NoteNextEnd(int number, double now)
    {
        var node = _nodes[number];
        var version = ++node.Version;
        if (node.Songs.Count > 0)
            _events.Enqueue(at => End(number, version, at), now + (node.Songs.Min(s => s.Left) / Speed(node)));
    }

    private void End(int number, int version, double now)
    {
        var node = _nodes[number];
        if (version != node.Version)
            return; // a song came or went since: another moment was noted
        node.Advance(now, Speed(node));
        var done = node.TakeShortest();
        _served.Add(new ServedSong(done.Song.At, done.Song.Tier, done.Started - done.Song.At, now - done.Song.At));
        NoteNextEnd(number, now);
        _events.Enqueue(at => TakeNext(done.Song.Tier, number, at), now + Between());
    }

    private void TakeNext(int tier, int number, double now)
    {
        if (_waiting[tier].TryDequeue(out var waiting))
            Start(waiting, number, now);
        else
            _idle[tier].Add(number);
    }

    private double Speed(Node node) => node.Songs.Count == 0 ? 1 : throughput[Math.Min(node.Songs.Count, throughput.Length) - 1] / node.Songs.Count;

    private sealed class Node
    {
        private double _now;

        public List<Making> Songs { get; } = [];

        public int Version { get; set; }

        public void Advance(double now, double speed)
        {
            foreach (var song in Songs)
                song.Left -= (now - _now) * speed;
            _now = now;
        }

        public Making TakeShortest()
        {
            var shortest = Songs.MinBy(s => s.Left)!;
            Songs.Remove(shortest);
            return shortest;
        }
    }

    private sealed class Making
    {
        public required SongArrival Song { get; init; }

        public required double Started { get; init; }

        public required double Left { get; set; }
    }
}

/// <param name="At">Seconds since the beginning.</param>
/// <param name="Tier">Its number in the list of workers.</param>
/// <param name="Work">Seconds that it takes on a node of its own.</param>
internal readonly record struct SongArrival(double At, int Tier, double Work);

/// <param name="At">When it was asked for, in seconds since the beginning.</param>
/// <param name="Tier">Its number in the list of workers.</param>
/// <param name="Waited">Seconds until a worker started it.</param>
/// <param name="Took">Seconds from the request to the finished song.</param>
internal readonly record struct ServedSong(double At, int Tier, double Waited, double Took);
