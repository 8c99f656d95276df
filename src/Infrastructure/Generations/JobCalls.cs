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

    /// <summary>For calls that hang at the end; the process doesn't wait for their threads.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly BlockingCollection<Task> _waiting = [];
    private readonly Thread[] _threads;
    private volatile bool _hasEnded;

    public JobCalls()
    {
        _threads = [.. Enumerable.Range(1, Threads).Select(n => new Thread(Work) { IsBackground = true, Name = $"job calls {n}" })];
        foreach (var thread in _threads)
            thread.Start();
    }

    /// <summary>Asks in its turn; what the call throws comes to who awaits it. Who gives up before its turn has it not made.</summary>
    public Task<T> AskAsync<T>(Func<T> call, CancellationToken ct) => StartAsync(call, ct).WaitAsync(ct);

    /// <summary>Has a call made in its turn, also for who gives up waiting: while Redis hangs, turns are long.</summary>
    public Task TellAsync(Action call, CancellationToken ct) => StartAsync(
        () =>
        {
            call();
            return true;
        },
        CancellationToken.None).WaitAsync(ct);

    /// <summary>Ends when the calls that have begun are made; those that haven't fail at once, and are found by the sweeps.</summary>
    public void Dispose()
    {
        _hasEnded = true;
        _waiting.CompleteAdding();
        while (_waiting.TryTake(out var task))
            TryExecuteTask(task);
        var end = Environment.TickCount64 + (long)Patience.TotalMilliseconds;
        if (Array.TrueForAll(_threads, t => t.Join((int)Math.Max(0, end - Environment.TickCount64))))
            _waiting.Dispose();
    }

    protected override void QueueTask(Task task) => _waiting.Add(task);

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

    protected override IEnumerable<Task> GetScheduledTasks() => _waiting;

    private Task<T> StartAsync<T>(Func<T> call, CancellationToken ct)
    {
        ObjectDisposedException.ThrowIf(_hasEnded, this);
        return Task.Factory.StartNew(
            () =>
            {
                ObjectDisposedException.ThrowIf(_hasEnded, this);
                return call();
            },
            ct, Options, this);
    }

    private void Work()
    {
        foreach (var task in _waiting.GetConsumingEnumerable())
            TryExecuteTask(task);
    }
}
