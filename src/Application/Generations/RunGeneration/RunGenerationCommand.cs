using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Auditing;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;
using MusicGen.Domain.Generations;

namespace MusicGen.Application.Generations.RunGeneration;

/// <summary>
/// The worker's use case: makes a waiting task's music. A second start of the same task does nothing, nor does one on a
/// machine without the task's model: it waits on.
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
    IMusicGenDbContext db, IGenerationLeases leases, ClipMaker maker, GenerationFlow flow, TimeProvider time)
    : IRequestHandler<RunGenerationCommand, Result<None>>
{
    /// <param name="command">Names the task.</param>
    /// <param name="ct">Asked for when this process stops.</param>
    public async Task<Result<None>> Handle(RunGenerationCommand command, CancellationToken ct)
    {
        Generation? ended = null;
        await using (var lease = await leases.TryAcquireAsync(command.Id, ct))
        {
            if (lease is not null && await StartAsync(command.Id, lease, ct) is { } task)
                ended = await RunAsync(task, lease, ct);
        }

        // Only now is the lease free, so that a task that was put back can be started at once elsewhere.
        if (ended is not null)
            await flow.FollowAsync(ended, CancellationToken.None);
        return default(None);
    }

    private async Task<Generation?> StartAsync(GenerationId id, IGenerationLease lease, CancellationToken ct)
    {
        var task = await db.Generations.SingleOrDefaultAsync(g => g.Id == id, ct);
        if (task is null || !maker.Has(task.Model) || !task.Start(lease.Number, time.GetUtcNow()))
            return null;
        if (!await TrySaveAsync())
            return null; // cancelled at this very moment
        Telemetry.TaskStarted(task, time.GetUtcNow());
        await flow.FollowAsync(task, ct);
        return task;
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
