using System.Collections.Concurrent;

namespace MusicGen.Infrastructure.Nodes;

/// <summary>What this node's workers have in hand.</summary>
internal sealed class RunningTasks
{
    private readonly ConcurrentDictionary<string, byte> _ids = new(StringComparer.Ordinal);

    public IReadOnlyList<string> Ids => [.. _ids.Keys.Order(StringComparer.Ordinal)];

    /// <summary>Counts a task until the answer is disposed.</summary>
    public IDisposable Begin(string id)
    {
        _ids[id] = 0;
        return new Work(() => _ids.TryRemove(id, out _));
    }

    private sealed class Work(Action end) : IDisposable
    {
        public void Dispose() => end();
    }
}
