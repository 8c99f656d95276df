using Hangfire.Server;
using Hangfire.States;
using MusicGen.Domain.Identity;

namespace MusicGen.Infrastructure.Generations;

/// <summary>
/// Takes one task after another out of a tier's open queues. Hangfire's worker empties its queues in strict order; here each
/// of them is the first by turns, so that no model starves behind another, and they may be others for each task.
/// </summary>
internal sealed class TierWorker(Tier tier, OpenQueues queues, IBackgroundJobPerformer performer) : IBackgroundProcess
{
    private int _turn;

    public void Execute(BackgroundProcessContext context)
    {
        var (names, changed) = queues.Of(tier);
        using var fetching = CancellationTokenSource.CreateLinkedTokenSource(context.StoppingToken, changed);
        if (names.Count == 0)
        {
            fetching.Token.WaitHandle.WaitOne();
            return;
        }

        _turn++;
        var inTurn = names.Select((_, i) => names[(_turn + i) % names.Count]);
        try
        {
            new Worker(inTurn, performer, new BackgroundJobStateChanger()).Execute(With(context, fetching.Token));
        }
        catch (OperationCanceledException) when (changed.IsCancellationRequested && !context.StoppingToken.IsCancellationRequested)
        {
            // The queues are others now; a task that was fetched in this moment went back.
        }
    }

    private static BackgroundProcessContext With(BackgroundProcessContext context, CancellationToken fetching) => new(
        context.ServerId, context.Storage, new Dictionary<string, object>(context.Properties), context.ExecutionId,
        fetching, context.StoppedToken, context.ShutdownToken);
}
