using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;
using MusicGen.Domain.Generations;

namespace MusicGen.Application.Generations.GetGenerationPeaks;

/// <summary>The outline of a task's sound, for drawing.</summary>
/// <param name="TaskId">The task.</param>
/// <param name="Points">How many parts, 1 to 10,000; 800 when absent.</param>
public sealed record GetGenerationPeaksQuery(string TaskId, int? Points = null) : IQuery<PeaksView>;

/// <param name="Peaks">[points][2]: the least and the greatest sample of each part, within -1…1.</param>
/// <param name="Seconds">Length of the clip.</param>
public sealed record PeaksView(float[][] Peaks, double Seconds);

internal sealed class GetGenerationPeaksQueryValidator : AbstractValidator<GetGenerationPeaksQuery>
{
    private const int MaxPoints = 10_000;

    public GetGenerationPeaksQueryValidator()
    {
        RuleFor(q => q.TaskId).NotEmpty();
        RuleFor(q => q.Points).InclusiveBetween(1, MaxPoints);
    }
}

internal sealed class GetGenerationPeaksQueryHandler(IMusicGenDbContext db, IAudioStore store, ICurrentUser caller)
    : IRequestHandler<GetGenerationPeaksQuery, Result<PeaksView>>
{
    private const int DefaultPoints = 800;

    public async Task<Result<PeaksView>> Handle(GetGenerationPeaksQuery query, CancellationToken ct)
    {
        var user = caller.Required;
        if (!GenerationId.TryParse(query.TaskId, out var id))
            return GenerationErrors.NotFound;

        var task = await db.Generations.Where(g => g.UserId == user && g.Id == id)
            .Select(g => new { g.Status, g.Duration }).SingleOrDefaultAsync(ct);
        if (task is null)
            return GenerationErrors.NotFound;
        if (task is not { Status: GenerationStatus.Completed, Duration: { } seconds })
            return GenerationErrors.NotCompleted;

        var peaks = await store.GetPeaksAsync(id, query.Points ?? DefaultPoints, ct);
        return peaks.IsSuccess ? new PeaksView(peaks.Value, seconds) : peaks.Error;
    }
}
