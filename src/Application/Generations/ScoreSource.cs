using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;
using MusicGen.Domain.Generations;

namespace MusicGen.Application.Generations;

/// <summary>Finds what is needed to compose one of the caller's finished pieces again.</summary>
internal sealed class ScoreSource(IMusicGenDbContext db, TaskRequests requests, IScoreWriter scores, ICurrentUser caller)
{
    /// <summary>The request of a finished task whose engine writes a score, or why there is none.</summary>
    public async Task<Result<MusicRequest>> FindAsync(string taskId, CancellationToken ct)
    {
        var user = caller.Required;
        if (!GenerationId.TryParse(taskId, out var id))
            return GenerationErrors.NotFound;
        var task = await db.Generations.AsNoTracking().SingleOrDefaultAsync(g => g.UserId == user && g.Id == id, ct);
        if (task is null)
            return GenerationErrors.NotFound;
        if (!scores.Writes(task.Model))
            return GenerationErrors.NoScore(task.Model);
        if (task.Status != GenerationStatus.Completed)
            return GenerationErrors.NotCompleted;
        if (scores.EngineVersion != task.Engine.Version)
            return GenerationErrors.ScoreOutdated;
        return await requests.OfAsync(task, ct);
    }
}
