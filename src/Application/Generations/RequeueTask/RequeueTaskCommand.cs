using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Auditing;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;
using MusicGen.Domain.Generations;

namespace MusicGen.Application.Generations.RequeueTask;

/// <summary>
/// Has anybody's task tried again: one that failed, or one that runs, which is taken from its worker. What a failure gave
/// back isn't charged anew, so the second try is free; a task that is taken from its worker keeps the charge that it has.
/// </summary>
[AuditAction("generations.requeue_task")]
public sealed record RequeueTaskCommand(string TaskId) : ICommand<OperatedTask>, IRequiresRecentProof, IAuditedSubject
{
    public string? AuditSubject => GenerationId.TryParse(TaskId, out var id) ? $"generation:{id}" : null;
}

internal sealed class RequeueTaskCommandValidator : AbstractValidator<RequeueTaskCommand>
{
    public RequeueTaskCommandValidator() => RuleFor(c => c.TaskId).NotEmpty();
}

internal sealed class RequeueTaskCommandHandler(IMusicGenDbContext db, GenerationFlow flow) : IRequestHandler<RequeueTaskCommand, Result<OperatedTask>>
{
    public async Task<Result<OperatedTask>> Handle(RequeueTaskCommand command, CancellationToken ct)
    {
        if (!GenerationId.TryParse(command.TaskId, out var id) || await db.Generations.SingleOrDefaultAsync(g => g.Id == id, ct) is not { } task)
            return GenerationErrors.NotFound;

        while (task.Status != GenerationStatus.Pending)
        {
            if (task.Status == GenerationStatus.Failed)
                await flow.FollowAsync(task, ct); // its process may have died before it gave the charge back
            if (!task.TryAgain())
                return GenerationErrors.NotToBeTriedAgain;
            if (await TrySaveAsync(task, ct))
                await flow.TakeBackAsync(task, ct);
        }

        return OperatedTask.Of(task);
    }

    // Its worker, its owner or another hand was quicker; they change a task a few times at most, so this ends.
    private async Task<bool> TrySaveAsync(Generation task, CancellationToken ct)
    {
        try
        {
            await db.SaveChangesAsync(ct);
            return true;
        }
        catch (DbUpdateConcurrencyException)
        {
            await db.Generations.Entry(task).ReloadAsync(ct);
            return false;
        }
    }
}
