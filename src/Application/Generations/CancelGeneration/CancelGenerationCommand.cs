using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Auditing;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;
using MusicGen.Domain.Generations;

namespace MusicGen.Application.Generations.CancelGeneration;

/// <summary>Stops a task; a finished one stays as it is.</summary>
[AuditAction("generations.cancel")]
public sealed record CancelGenerationCommand(string TaskId) : ICommand<GenerationView>, IAuditedSubject
{
    public string? AuditSubject => GenerationId.TryParse(TaskId, out var id) ? $"generation:{id}" : null;
}

internal sealed class CancelGenerationCommandValidator : AbstractValidator<CancelGenerationCommand>
{
    public CancelGenerationCommandValidator() => RuleFor(c => c.TaskId).NotEmpty();
}

internal sealed class CancelGenerationCommandHandler(
    IMusicGenDbContext db, GenerationCanceller canceller, GenerationFlow flow, ICurrentUser caller)
    : IRequestHandler<CancelGenerationCommand, Result<GenerationView>>
{
    public async Task<Result<GenerationView>> Handle(CancelGenerationCommand command, CancellationToken ct)
    {
        var user = caller.Required;
        if (!GenerationId.TryParse(command.TaskId, out var id)
            || await db.Generations.SingleOrDefaultAsync(g => g.UserId == user && g.Id == id, ct) is not { } task)
            return GenerationErrors.NotFound;

        await canceller.CancelAsync(task, ct);
        return await flow.ViewAsync(task, ct);
    }
}
