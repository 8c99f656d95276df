using System.Globalization;
using System.Text;
using Microsoft.Extensions.Options;
using MusicGen.Application.Generations;
using MusicGen.Application.Nodes;
using MusicGen.Domain.Generations;
using MusicGen.Domain.Identity;
using MusicGen.Infrastructure.Nodes;

namespace MusicGen.Infrastructure.Generations;

/// <summary>
/// The queues that this node's workers look into now: those of its models whose engine has a free place, in the tiers that
/// aren't shut. A start that comes for a place that is just taken goes back to the front of its queue, and its tier is the next
/// to have a place.
/// </summary>
internal sealed class OpenQueues : IDisposable
{
    /// <summary>Between a queue's name and the node that alone looks into it; in no other name, since four hexadecimal digits follow an underscore there.</summary>
    public const string At = "_at_";

    /// <summary>A tier that was turned away has a free place to itself for so long: its task may be another node's by now.</summary>
    private static readonly TimeSpan PatienceForNext = TimeSpan.FromSeconds(2);

    private static readonly IReadOnlySet<Tier> EveryTier = new HashSet<Tier>(Enum.GetValues<Tier>());

    private readonly Lock _lock = new();
    private readonly IEngineDevices _devices;
    private readonly string _node;
    private readonly TimeProvider _time;
    private readonly HashSet<Place> _onTheWay = []; // taken, and their songs not with the engine yet
    private readonly List<Waiting> _line = [];
    private IReadOnlyList<string> _models = [];
    private IReadOnlySet<Tier> _shut = EveryTier;
    private bool _isHeld;
    private Dictionary<Tier, List<string>> _open = Enum.GetValues<Tier>().ToDictionary(t => t, _ => new List<string>());
    private CancellationTokenSource _replaced = new(); // never disposed: workers that have just read it may still wait on it

    public OpenQueues(IEngineDevices devices, IOptions<NodeOptions> node, TimeProvider time)
    {
        (_devices, _node, _time) = (devices, node.Value.Name, time);
        devices.PlacesChanged += LookAgain;
    }

    /// <summary>Names of a tier's queues, and what tells that they are others now.</summary>
    public (IReadOnlyList<string> Names, CancellationToken Changed) Of(Tier tier)
    {
        lock (_lock)
        {
            var isShut = _isHeld || _shut.Contains(tier);
            return (isShut ? [] : [.. _open[tier].SelectMany(m => (string[])[NameOf(tier, m, _node), NameOf(tier, m)]), tier.Name()], _replaced.Token);
        }
    }

    /// <summary>Opens the queues of these models, but for the tiers that are shut. Workers that wait look anew.</summary>
    public void Open(IReadOnlyList<MusicModel> models, IReadOnlySet<Tier> shut)
    {
        var ids = models.Select(m => m.Id).ToList();
        Change(() =>
        {
            if (ids.SequenceEqual(_models, StringComparer.Ordinal) && shut.SetEquals(_shut))
                return false;
            (_models, _shut) = (ids, shut);
            return true;
        });
    }

    /// <summary>Shuts a model's queues at once; whoever opens the others next knows why.</summary>
    public void Close(string model) => Change(() =>
    {
        _models = [.. _models.Where(m => m != model)];
        return false;
    });

    /// <summary>Shuts all queues, whatever else is said, or lets them be as they were.</summary>
    public void Hold(bool isHeld) => Change(() =>
    {
        var before = _isHeld;
        _isHeld = isHeld;
        return before != isHeld;
    });

    /// <summary>Takes a place for a start that was fetched; null where none is free, and then its tier has the next.</summary>
    /// <param name="tier">Its tier.</param>
    /// <param name="model">Its model's id; null of a start by an earlier version, which didn't say.</param>
    public Place? TryTake(Tier tier, string? model)
    {
        Place? taken = null;
        Change(() =>
        {
            var free = model is null ? null : _devices.FreePlaces(model);
            if (free is not null && free - _onTheWay.Count - Before(tier, model!) <= 0)
            {
                if (!_line.Exists(w => w.Tier == tier && w.Model == model))
                    _line.Add(new Waiting(tier, model!));
                return false;
            }

            taken = new Place(Leave);
            if (free is null)
                return false;
            _onTheWay.Add(taken);
            if (_line.FindIndex(w => w.Tier == tier && w.Model == model) is var own and >= 0)
                _line.RemoveAt(own);
            return false;
        });
        return taken;
    }

    /// <summary>A task's song is with its engine, which counts it from now on.</summary>
    public void Arrived(GenerationId id)
    {
        var text = id.ToString();
        Change(() =>
        {
            _onTheWay.RemoveWhere(p => p.Task == text);
            return false;
        });
    }

    /// <summary>
    /// A queue's name. Hangfire allows small letters, digits, - and _; what else a model's id holds is written as _ and four
    /// hexadecimal digits, so that two never share one.
    /// </summary>
    /// <param name="tier">Whose tasks.</param>
    /// <param name="model">Their model's id.</param>
    /// <param name="node">The one that looks into it; null for all.</param>
    public static string NameOf(Tier tier, string model, string? node = null)
    {
        var name = new StringBuilder(tier.Name()).Append('_');
        Append(name, model);
        if (node is not null)
            Append(name.Append(At), node);
        return name.ToString();
    }

    public void Dispose() => _devices.PlacesChanged -= LookAgain;

    private static void Append(StringBuilder name, string text)
    {
        foreach (var c in text)
        {
            if (char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-')
                name.Append(c);
            else
                name.Append('_').Append(((int)c).ToString("x4", CultureInfo.InvariantCulture));
        }
    }

    private void LookAgain(object? sender, EventArgs e) => Change(() => false);

    private void Leave(Place place) => Change(() =>
    {
        _onTheWay.Remove(place);
        return false;
    });

    // Wakes the workers where what they look into isn't what it was.
    private void Change(Func<bool> change)
    {
        CancellationTokenSource? before = null;
        lock (_lock)
        {
            var isOther = change();
            ForgetGone();
            var open = Enum.GetValues<Tier>().ToDictionary(t => t, t => _models.Where(m => IsOpen(t, m)).ToList());
            if (!isOther && open.All(o => o.Value.SequenceEqual(_open[o.Key], StringComparer.Ordinal)))
                return;
            (before, _replaced) = (_replaced, new CancellationTokenSource());
            _open = open;
        }

        before.Cancel();
    }

    private bool IsOpen(Tier tier, string model) => _devices.FreePlaces(model) is not { } free || free - _onTheWay.Count - Before(tier, model) > 0;

    /// <summary>Tiers that were turned away before this one was.</summary>
    private int Before(Tier tier, string model) => _line.TakeWhile(w => w.Tier != tier || w.Model != model).Count(w => w.Model == model);

    private void ForgetGone()
    {
        var now = _time.GetTimestamp();
        foreach (var model in _line.Select(w => w.Model).Distinct(StringComparer.Ordinal).ToList())
        {
            var next = _line.Find(w => w.Model == model)!;
            if (_devices.FreePlaces(model) is { } free && free <= _onTheWay.Count)
                next.PlaceSince = null;
            else if (_time.GetElapsedTime(next.PlaceSince ??= now, now) > PatienceForNext)
                _line.Remove(next);
        }
    }

    /// <summary>A place for a task, from its start until its song is with the engine, or until the start ends.</summary>
    internal sealed class Place(Action<Place> leave) : IDisposable
    {
        /// <summary>The task's id, once it is known.</summary>
        public string? Task { get; set; }

        public void Dispose() => leave(this);
    }

    /// <summary>A tier that was turned away; <see cref="PlaceSince"/> says since when it could come in.</summary>
    private sealed class Waiting(Tier tier, string model)
    {
        public Tier Tier => tier;

        public string Model => model;

        public long? PlaceSince { get; set; }
    }
}
