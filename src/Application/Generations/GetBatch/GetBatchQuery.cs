using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;
using MusicGen.Domain.Generations;

namespace MusicGen.Application.Generations.GetBatch;

/// <summary>How far one of the caller's batches is.</summary>
public sealed record GetBatchQuery(string BatchId) : IQuery<BatchView>;

/// <param name="BatchId">UUIDv7.</param>
/// <param name="TaskIds">The tasks that still exist, in the order of their requests.</param>
/// <param name="Status">
/// pending while nothing has begun, processing while something is open, then completed, or failed when nothing was made.
/// </param>
/// <param name="Total">Requests that came.</param>
/// <param name="Completed">Tasks with audio.</param>
/// <param name="Failed">Refused requests, failed, cancelled and deleted tasks.</param>
/// <param name="Pending">Tasks that wait or run.</param>
public sealed record BatchView(
    string BatchId, IReadOnlyList<string> TaskIds, string Status, int Total, int Completed, int Failed, int Pending);

internal sealed class GetBatchQueryValidator : AbstractValidator<GetBatchQuery>
{
    public GetBatchQueryValidator() => RuleFor(q => q.BatchId).NotEmpty();
}

internal sealed class GetBatchQueryHandler(IMusicGenDbContext db, ICurrentUser caller)
    : IRequestHandler<GetBatchQuery, Result<BatchView>>
{
    public async Task<Result<BatchView>> Handle(GetBatchQuery query, CancellationToken ct)
    {
        var user = caller.Required;
        if (!Guid.TryParseExact(query.BatchId, "D", out var id)
            || await db.Batches.AsNoTracking().SingleOrDefaultAsync(b => b.UserId == user && b.Id == id, ct) is not { } batch)
            return GenerationErrors.BatchNotFound;

        var tasks = await db.Generations.Where(g => g.UserId == user && g.BatchId == id)
            .OrderBy(g => g.CreatedAt).ThenBy(g => g.Id).Select(g => new { g.Id, g.Status }).ToListAsync(ct);
        var completed = tasks.Count(t => t.Status == GenerationStatus.Completed);
        var waiting = tasks.Count(t => t.Status == GenerationStatus.Pending);
        var open = waiting + tasks.Count(t => t.Status == GenerationStatus.Processing);
        var ended = completed > 0 ? "completed" : "failed";
        var going = waiting == tasks.Count ? "pending" : "processing";
        return new BatchView(
            id.ToString(), tasks.Select(t => t.Id.ToString()).ToList(), open > 0 ? going : ended,
            batch.Total, completed, batch.Total - completed - open, open);
    }
}
