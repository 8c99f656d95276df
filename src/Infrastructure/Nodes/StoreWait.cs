using Microsoft.Extensions.Logging;
using MusicGen.Infrastructure.Files;
using MusicGen.Infrastructure.Generations;

namespace MusicGen.Infrastructure.Nodes;

/// <summary>
/// While sound can't be kept this node takes no tasks: each would cost a song and an attempt. Looks for the store after five
/// seconds, then half a minute apart at most.
/// </summary>
internal sealed class StoreWait(IFileStore files, OpenQueues queues, NodeLife life, TimeProvider time, ILogger<StoreWait> logger)
{
    private static readonly TimeSpan FirstLook = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan MostBetweenLooks = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private bool _isAway;

    /// <summary>In words for operators; null while sound can be kept.</summary>
    public string? Problem => Volatile.Read(ref _isAway) ? "Sound can't be read or kept. No task is taken until it can." : null;

    /// <summary>Takes no more tasks until the store answers; again is harmless.</summary>
    public void Begin()
    {
        lock (_lock)
        {
            if (_isAway)
                return;
            Volatile.Write(ref _isAway, true);
            queues.Hold(true);
        }

        LeftLog.StoreAway(logger);
        _ = WaitAsync();
    }

    private async Task WaitAsync()
    {
        var pause = FirstLook;
        do
        {
            await Task.Delay(pause, time, life.Leaving).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = pause * 2 < MostBetweenLooks ? pause * 2 : MostBetweenLooks;
        }
        while (!life.IsLeaving && !await AnswersAsync());
        if (life.IsLeaving)
            return;
        lock (_lock)
        {
            Volatile.Write(ref _isAway, false);
            queues.Hold(false);
        }

        LeftLog.StoreBack(logger);
    }

    private async Task<bool> AnswersAsync()
    {
        try
        {
            await files.ProbeAsync(life.Leaving);
            return true;
        }
        catch (Exception e)
        {
            LeftLog.StoreStillAway(logger, e);
            return false;
        }
    }
}
