using FluentValidation;
using MediatR;
using MusicGen.Application.Auditing;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;
using MusicGen.Domain.Generations;

namespace MusicGen.Application.Generations.OpenBatch;

/// <summary>Opens a batch, whose requests then come one by one with its id, so that one bad item fails alone.</summary>
/// <param name="Requests">How many there will be, 1 to 10; the wire's field is the list of them.</param>
[AuditAction("generations.open_batch")]
public sealed record OpenBatchCommand(int Requests) : ICommand<OpenedBatch>;

public sealed record OpenedBatch(Guid BatchId) : IAuditedResult
{
    string? IAuditedResult.AuditSubject => $"batch:{BatchId}";
}

internal sealed class OpenBatchCommandValidator : AbstractValidator<OpenBatchCommand>
{
    public OpenBatchCommandValidator() => RuleFor(c => c.Requests).InclusiveBetween(1, GenerationBatch.MaxRequests)
        .WithMessage($"'requests' must be a list of 1 to {GenerationBatch.MaxRequests}.");
}

internal sealed class OpenBatchCommandHandler(IMusicGenDbContext db, ICurrentUser caller, TimeProvider time)
    : IRequestHandler<OpenBatchCommand, Result<OpenedBatch>>
{
    public async Task<Result<OpenedBatch>> Handle(OpenBatchCommand command, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var batch = new GenerationBatch(Guid.CreateVersion7(now), caller.Required, command.Requests, now);
        db.Batches.Add(batch);
        await db.SaveChangesAsync(ct);
        return new OpenedBatch(batch.Id);
    }
}
