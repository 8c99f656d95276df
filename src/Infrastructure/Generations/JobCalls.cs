using System.Collections.Concurrent;

namespace MusicGen.Infrastructure.Generations;

/// <summary>
/// A few threads that ask Hangfire, whose client waits for Redis with the thread that it is called on. On the pool's, which
/// bring Redis's answers too, a crowd of requests would wait for itself until the pool grows.
/// </summary>
internal sealed class JobCalls : TaskScheduler, IDisposable
{
    /// <summary>A call takes a millisecond or less, so that so many are thousands a second.</summary>
    private const int Threads = 4;

    // Who waits goes on elsewhere: a thread of ours that went on with a request would be lost to the next call.
    private const TaskCreationOptions Options = TaskCreationOptions.DenyChildAttach | TaskCreationOptions.RunContinuationsAsynchronously;

    private readonly BlockingCollection<Task> _waiting = [];
    private readonly Thread[] _threads;

    public JobCalls()
    {
        _threads = [.. Enumerable.Range(1, Threads).Select(n => new Thread(Work) { IsBackground = true, Name = $"job calls {n}" })];
        foreach (var thread in _threads)
            thread.Start();
    }

    /// <summary>Makes a call in its turn; what it throws comes to who awaits it.</summary>
    public Task<T> AskAsync<T>(Func<T> call, CancellationToken ct) => Task.Factory.StartNew(call, ct, Options, this);

    /// <inheritdoc cref="AskAsync{T}(Func{T}, CancellationToken)"/>
    public Task AskAsync(Action call, CancellationToken ct) => Task.Factory.StartNew(call, ct, Options, this);

    /// <summary>Ends when every call that was asked for is made.</summary>
    public void Dispose()
    {
        _waiting.CompleteAdding();
        foreach (var thread in _threads)
            thread.Join();
        _waiting.Dispose();
    }

    protected override void QueueTask(Task task) => _waiting.Add(task);

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

    protected override IEnumerable<Task> GetScheduledTasks() => _waiting;

    private void Work()
    {
        foreach (var task in _waiting.GetConsumingEnumerable())
            TryExecuteTask(task);
    }
}
