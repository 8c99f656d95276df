using Hangfire.Common;
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
        using var door = new Door(tier, queues, performer, fetching);
        try
        {
            new Worker(inTurn, door, door).Execute(With(context, fetching.Token));
        }
        catch (OperationCanceledException) when (fetching.IsCancellationRequested && !context.StoppingToken.IsCancellationRequested)
        {
            // The queues are others now; a task that was fetched in this moment went back.
        }
    }

    private static BackgroundProcessContext With(BackgroundProcessContext context, CancellationToken fetching) => new(
        context.ServerId, context.Storage, new Dictionary<string, object>(context.Properties), context.ExecutionId,
        fetching, context.StoppedToken, context.ShutdownToken);

    /// <summary>Stands between a start that is fetched and its run: where no place is free the start goes back to the front of its queue.</summary>
    private sealed class Door(Tier tier, OpenQueues queues, IBackgroundJobPerformer performer, CancellationTokenSource fetching)
        : IBackgroundJobStateChanger, IBackgroundJobPerformer, IDisposable
    {
        private readonly BackgroundJobStateChanger _inner = new();
        private OpenQueues.Place? _place;

        public IState? ChangeState(StateChangeContext context)
        {
            if (context.NewState is ProcessingState && _place is null)
            {
                var model = context.Connection.GetJobParameter(context.BackgroundJobId, HangfireGenerationQueue.ModelParameter);
                _place = queues.TryTake(tier, model is null ? null : SerializationHelper.Deserialize<string>(model, SerializationOption.User));
                if (_place is null)
                {
                    fetching.Cancel(); // the worker asks for this token after each fault, and lets the start go then
                    throw new OperationCanceledException(fetching.Token);
                }
            }

            return _inner.ChangeState(context);
        }

        public object? Perform(PerformContext context)
        {
            if (_place is not null && context.BackgroundJob.Job.Args is [string task, ..])
                _place.Task = task;
            return performer.Perform(context);
        }

        public void Dispose() => _place?.Dispose();
    }
}
