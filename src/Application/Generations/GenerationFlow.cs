using MusicGen.Application.Quotas;
using MusicGen.Domain.Generations;

namespace MusicGen.Application.Generations;

/// <summary>
/// What must happen outside the database once a task's new state is saved in it. Every step may be repeated, so
/// whoever finds a task whose process died in between does it again.
/// </summary>
internal sealed class GenerationFlow(
    IGenerationQueue queue, IGenerationLeases leases, IGenerationProgress progress, IQuotaLedger ledger, GenerationViews views) : IGenerationFlow
{
    /// <summary>Tasks that may wait in each tier.</summary>
    public int MaxWaiting => queue.MaxWaiting;

    public Task<GenerationView> ViewAsync(Generation task, CancellationToken ct) => views.OfAsync(task, ct);

    public async Task<StepsDone> StepsOfAsync(GenerationId id, CancellationToken ct) => await progress.GetAsync(id, ct) ?? default;

    /// <inheritdoc/>
    public async Task FollowAsync(Generation task, CancellationToken ct)
    {
        if (task.Status == GenerationStatus.Cancelled)
            await leases.RevokeAsync(task.Id, CancellationToken.None);
        if (task.Status is GenerationStatus.Cancelled or GenerationStatus.Failed)
            await GiveBackAsync(task);
        await progress.AnnounceAsync(task.Id, CancellationToken.None);

        // Last, for it may take long.
        switch (task.Status)
        {
            case GenerationStatus.Pending:
                await queue.EnqueueAsync(task, ct);
                break;
            case GenerationStatus.Cancelled or GenerationStatus.Failed: // also one that failed without a try
                await queue.RemoveAsync(task.Id, ct);
                break;
            case GenerationStatus.Processing or GenerationStatus.Completed:
                break;
            default:
                throw new InvalidOperationException($"There is no status {task.Status}.");
        }
    }

    /// <summary>Takes a task that waits again from whoever still works on it, then does the rest: enqueued earlier, its start would find it held.</summary>
    public async Task TakeBackAsync(Generation task, CancellationToken ct)
    {
        await leases.RevokeAsync(task.Id, CancellationToken.None);
        await FollowAsync(task, ct);
    }

    /// <summary>Ends what still hangs on a task that is about to be deleted.</summary>
    public async Task ForgetAsync(Generation task, CancellationToken ct)
    {
        await leases.RevokeAsync(task.Id, ct);
        await queue.RemoveAsync(task.Id, ct);
        await ledger.DetachAsync(task.UserId, task.ChargeId, ct);
    }

    public Task AnnounceAsync(GenerationId id, CancellationToken ct) => progress.AnnounceAsync(id, ct);

    private Task GiveBackAsync(Generation task) => task.IsFree
        ? ledger.RefundAsync(task.UserId, task.ChargeId, CancellationToken.None)
        : ledger.SettleAsync(task.UserId, task.ChargeId, task.SecondsMade, CancellationToken.None);
}
