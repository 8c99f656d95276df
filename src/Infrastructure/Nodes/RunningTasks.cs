using System.Collections.Concurrent;

namespace MusicGen.Infrastructure.Nodes;

/// <summary>What this node's workers have in hand.</summary>
internal sealed class RunningTasks
{
    private readonly ConcurrentDictionary<string, int> _ids = new(StringComparer.Ordinal);

    public IReadOnlyList<string> Ids => [.. _ids.Where(t => t.Value > 0).Select(t => t.Key).Order(StringComparer.Ordinal)];

    /// <summary>Counts a task until the answer is disposed: a second start of it, which finds nothing to do, mustn't end the first one's count.</summary>
    public IDisposable Begin(string id)
    {
        _ids.AddOrUpdate(id, 1, (_, starts) => starts + 1);
        return new Work(() =>
        {
            _ids.AddOrUpdate(id, 0, (_, starts) => starts - 1);
            _ids.TryRemove(new KeyValuePair<string, int>(id, 0));
        });
    }

    private sealed class Work(Action end) : IDisposable
    {
        public void Dispose() => end();
    }
}
