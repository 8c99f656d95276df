using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Auditing;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;
using MusicGen.Domain.Generations;

namespace MusicGen.Application.Generations.CancelTask;

/// <summary>Stops anybody's task, with what its owner gets back as if they had done it; a finished one stays as it is.</summary>
[AuditAction("generations.cancel_task")]
public sealed record CancelTaskCommand(string TaskId) : ICommand<OperatedTask>, IRequiresRecentProof, IAuditedSubject
{
    public string? AuditSubject => GenerationId.TryParse(TaskId, out var id) ? $"generation:{id}" : null;
}

internal sealed class CancelTaskCommandValidator : AbstractValidator<CancelTaskCommand>
{
    public CancelTaskCommandValidator() => RuleFor(c => c.TaskId).NotEmpty();
}

internal sealed class CancelTaskCommandHandler(IMusicGenDbContext db, GenerationCanceller canceller)
    : IRequestHandler<CancelTaskCommand, Result<OperatedTask>>
{
    public async Task<Result<OperatedTask>> Handle(CancelTaskCommand command, CancellationToken ct)
    {
        if (!GenerationId.TryParse(command.TaskId, out var id) || await db.Generations.SingleOrDefaultAsync(g => g.Id == id, ct) is not { } task)
            return GenerationErrors.NotFound;

        await canceller.CancelAsync(task, ct);
        return OperatedTask.Of(task);
    }
}
