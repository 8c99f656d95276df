using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Auditing;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;
using MusicGen.Domain.Generations;

namespace MusicGen.Application.Generations.DeleteGeneration;

/// <summary>Cancels a task, then removes its audio and its record.</summary>
[AuditAction("generations.delete")]
public sealed record DeleteGenerationCommand(string TaskId) : ICommand<None>, IAuditedSubject
{
    public string? AuditSubject => GenerationId.TryParse(TaskId, out var id) ? $"generation:{id}" : null;
}

internal sealed class DeleteGenerationCommandValidator : AbstractValidator<DeleteGenerationCommand>
{
    public DeleteGenerationCommandValidator() => RuleFor(c => c.TaskId).NotEmpty();
}

internal sealed class DeleteGenerationCommandHandler(IMusicGenDbContext db, MusicRemoval removal, ICurrentUser caller)
    : IRequestHandler<DeleteGenerationCommand, Result<None>>
{
    public async Task<Result<None>> Handle(DeleteGenerationCommand command, CancellationToken ct)
    {
        var user = caller.Required;
        if (!GenerationId.TryParse(command.TaskId, out var id)
            || await db.Generations.SingleOrDefaultAsync(g => g.UserId == user && g.Id == id, ct) is not { } task)
            return GenerationErrors.NotFound;

        await removal.RemoveAsync(task, ct);
        return default(None);
    }
}
