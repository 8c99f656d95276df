using Microsoft.Extensions.Options;
using MusicGen.Application.Generations;
using MusicGen.Application.Nodes;

namespace MusicGen.Infrastructure.Nodes;

/// <summary>
/// When this process last saw each model offered. A node that restarts, a folder that isn't mounted for a moment and a Redis
/// that comes back empty look for a while like a model that is gone, so only a long look counts.
/// </summary>
internal sealed class OfferedModels(IOptions<NodeOptions> node, TimeProvider time)
{
    private readonly Lock _seeing = new();
    private readonly Dictionary<string, long> _lastOffered = new(StringComparer.Ordinal);
    private long? _since;
    private long _seenAt;

    /// <summary>Notes what is offered now; to be told every second, or the look begins anew.</summary>
    public void See(IReadOnlyList<MusicModel> models)
    {
        lock (_seeing)
        {
            var now = time.GetTimestamp();
            if (time.GetElapsedTime(_seenAt, now) > KnownNode.Patience)
                _since = null;
            (_since, _seenAt) = (_since ?? now, now);
            foreach (var model in models)
                _lastOffered[model.Id] = now;
            foreach (var (model, _) in _lastOffered.Where(m => IsOld(m.Value, now)).ToList())
                _lastOffered.Remove(model);
        }
    }

    /// <summary>The board can't be seen, or may have been wiped: who is missing on it tells nothing.</summary>
    public void LoseSight()
    {
        lock (_seeing)
            _since = null;
    }

    /// <summary>Whether nobody has offered a model for as long as one is waited for, in an unbroken look of that length.</summary>
    public bool IsGone(string model)
    {
        lock (_seeing)
        {
            var now = time.GetTimestamp();
            return _since is { } since && time.GetElapsedTime(_seenAt, now) <= KnownNode.Patience
                && IsOld(since, now) && IsOld(_lastOffered.GetValueOrDefault(model, since), now);
        }
    }

    private bool IsOld(long at, long now) => time.GetElapsedTime(at, now) >= node.Value.ModelMemory;
}
