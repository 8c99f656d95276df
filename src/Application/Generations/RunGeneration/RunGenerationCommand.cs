using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using MusicGen.Application.Auditing;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;
using MusicGen.Domain.Generations;

namespace MusicGen.Application.Generations.RunGeneration;

/// <summary>
/// The worker's use case: makes a waiting task's music. A second start of the same task does nothing, nor does one on a
/// machine without the task's model, or that leaves it to another: it waits on. So does one after a fault of this machine,
/// as long as it has attempts left.
/// </summary>
[AuditAction("generations.run")]
public sealed record RunGenerationCommand(GenerationId Id) : ICommand<None>, IAuditedSubject
{
    public string? AuditSubject => $"generation:{Id}";
}

internal sealed class RunGenerationCommandValidator : AbstractValidator<RunGenerationCommand>
{
    public RunGenerationCommandValidator() => RuleFor(c => c.Id).NotEqual(default(GenerationId));
}

internal sealed class RunGenerationCommandHandler(
    IMusicGenDbContext db, IGenerationLeases leases, ClipMaker maker, IWorkingNode node, GenerationFlow flow, TimeProvider time,
    ILogger<RunGenerationCommandHandler> logger)
    : IRequestHandler<RunGenerationCommand, Result<None>>
{
    /// <param name="command">Names the task.</param>
    /// <param name="ct">Asked for when this process stops.</param>
    public async Task<Result<None>> Handle(RunGenerationCommand command, CancellationToken ct)
    {
        Generation? ended = null;
        await using (var lease = await leases.TryAcquireAsync(command.Id, ct))
        {
            if (lease is not null && await FindAsync(command.Id, ct) is { } task)
                ended = node.Leaves(task) ? task : await StartAsync(task, lease, ct) ? await RunAsync(task, lease, ct) : null;
        }

        // Only now is the lease free, so that a task that was put back can be started at once elsewhere.
        if (ended is not null)
            await flow.FollowAsync(ended, CancellationToken.None);
        return default(None);
    }

    private async Task<Generation?> FindAsync(GenerationId id, CancellationToken ct)
    {
        var task = await db.Generations.SingleOrDefaultAsync(g => g.Id == id, ct);
        return task is { Status: GenerationStatus.Pending } && maker.Has(task.Model) ? task : null;
    }

    private async Task<bool> StartAsync(Generation task, IGenerationLease lease, CancellationToken ct)
    {
        if (!task.Start(lease.Number, time.GetUtcNow()) || !await TrySaveAsync())
            return false; // somebody's already, or cancelled at this very moment
        Telemetry.TaskStarted(task, time.GetUtcNow());
        await flow.FollowAsync(task, ct);
        return true;
    }

    // Null when the task is no longer ours.
    private async Task<Generation?> RunAsync(Generation task, IGenerationLease lease, CancellationToken ct)
    {
        try
        {
            var made = await maker.MakeAsync(task, lease, ct);
            if (made.Clip is { } clip)
                task.Complete(
                    lease.Number, clip.Seconds, clip.SampleRate, clip.Channels, made.Steps, clip.Understood, made.EngineVersion, time.GetUtcNow(), clip.Engine);
            else if (made.Fault is { } fault && node.TryLeave(task, fault, made.Problem!) && task.Requeue(lease.Number))
                RunLog.PutBack(logger, task.Id, task.Attempts, made.Problem!);
            else
                task.Fail(lease.Number, GenerationErrors.EngineFailed, made.Problem!, time.GetUtcNow());
        }
        catch (OperationCanceledException)
        {
            task.PutBack(lease.Number); // kept only if the lease holds: this process stops, and another start picks it up
        }

        if (await lease.IsStillHeldAsync(CancellationToken.None) && await TrySaveAsync())
        {
            if (task.IsFinished)
                Telemetry.TaskEnded(task, time.GetUtcNow());
            return task;
        }

        await DiscardAsync(task);
        return null;
    }

    private async Task<bool> TrySaveAsync()
    {
        try
        {
            await db.SaveChangesAsync(CancellationToken.None);
            return true;
        }
        catch (DbUpdateConcurrencyException)
        {
            return false;
        }
    }

    // Whoever took the task over writes the same file; but of a cancelled or deleted task nothing may stay.
    private async Task DiscardAsync(Generation task)
    {
        var id = task.Id;
        var status = await db.Generations.Where(g => g.Id == id).Select(g => (GenerationStatus?)g.Status).SingleOrDefaultAsync(CancellationToken.None);
        if (status is null or GenerationStatus.Cancelled)
            await maker.DiscardAsync(id);
    }
}
