using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Persistence;
using MusicGen.Domain;
using MusicGen.Domain.Generations;

namespace MusicGen.Application.Generations;

/// <summary>The request that a task stands for, with those of the tasks that it goes on from.</summary>
internal sealed class TaskRequests(IMusicGenDbContext db)
{
    /// <summary>Pieces that go on from pieces that go on from pieces: so many are followed, since all are composed again.</summary>
    public const int MostSources = 32;

    /// <summary>The request; <c>generation.no_score</c> when a task that it goes on from is gone, or they are too many.</summary>
    public Task<Result<MusicRequest>> OfAsync(Generation task, CancellationToken ct) => OfAsync(task, MostSources, ct);

    /// <summary>Why no new task can go on from this one; null when one can.</summary>
    public async Task<Error?> WhyNoSourceAsync(Generation task, CancellationToken ct)
    {
        var request = await OfAsync(task, MostSources - 1, ct);
        return request.IsSuccess ? null : request.Error;
    }

    private async Task<Result<MusicRequest>> OfAsync(Generation task, int deepest, CancellationToken ct)
    {
        var request = Of(task);
        // A network goes on from sound, which is not part of the row; only scores are composed from requests.
        if (task.Neural)
            return request;
        // One of the two at most: each piece has one source, so a chain of them is a line.
        if ((task.Parameters.ContinueFrom ?? task.Parameters.MelodyFrom) is not { } source)
            return request;
        if (deepest == 0)
            return GenerationErrors.TooManySources(MostSources);
        var id = GenerationId.TryParse(source, out var parsed) ? parsed : default;
        var found = await db.Generations.AsNoTracking().SingleOrDefaultAsync(g => g.UserId == task.UserId && g.Id == id, ct);
        if (found is null)
            return GenerationErrors.SourceGone;
        var earlier = await OfAsync(found, deepest - 1, ct);
        if (!earlier.IsSuccess)
            return earlier;
        return task.Parameters.ContinueFrom is null ? request with { MelodyOf = earlier.Value } : request with { ContinueOf = earlier.Value };
    }

    private static MusicRequest Of(Generation task)
    {
        var p = task.Parameters;
        return new MusicRequest
        {
            Prompt = task.Prompt,
            Seconds = task.RequestedSeconds,
            Seed = task.Seed,
            Model = task.Model,
            SampleRate = p.SampleRate,
            Genre = p.Genre,
            Mood = p.Mood,
            Tempo = p.Tempo,
            Key = p.Key,
            Instruments = p.Instruments ?? [],
            NegativePrompt = p.NegativePrompt,
            Temperature = p.Temperature,
            TopK = p.TopK,
            TopP = p.TopP,
            GuidanceScale = p.GuidanceScale,
            DoSample = p.DoSample,
            Normalize = p.Normalize switch
            {
                null or "loudness" => Normalization.Loudness,
                "peak" => Normalization.Peak,
                "none" => Normalization.None,
                _ => throw new InvalidOperationException($"There is no normalization {p.Normalize}."),
            },
        };
    }
}
