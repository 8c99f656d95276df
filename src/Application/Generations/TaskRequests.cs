using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Persistence;
using MusicGen.Domain.Generations;

namespace MusicGen.Application.Generations;

/// <summary>The request that a task stands for, with those of the tasks that it goes on from.</summary>
internal sealed class TaskRequests(IMusicGenDbContext db)
{
    /// <summary>Pieces that go on from pieces that go on from pieces: so many are followed.</summary>
    public const int MostSources = 32;

    /// <summary>The request; null when a task that it goes on from is gone.</summary>
    public Task<MusicRequest?> OfAsync(Generation task, CancellationToken ct) => OfAsync(task, MostSources, ct);

    private async Task<MusicRequest?> OfAsync(Generation task, int deepest, CancellationToken ct)
    {
        var request = Of(task);
        // A network goes on from sound, which is not part of the row; only scores are composed from requests.
        if (task.Neural)
            return request;
        var earlier = await SourceAsync(task, task.Parameters.ContinueFrom, deepest, ct);
        var melody = await SourceAsync(task, task.Parameters.MelodyFrom, deepest, ct);
        if ((earlier is null && task.Parameters.ContinueFrom is not null) || (melody is null && task.Parameters.MelodyFrom is not null))
            return null;
        return request with { ContinueOf = earlier, MelodyOf = melody };
    }

    private async Task<MusicRequest?> SourceAsync(Generation task, string? source, int deepest, CancellationToken ct)
    {
        if (source is null || deepest == 0 || !GenerationId.TryParse(source, out var id))
            return null;
        var found = await db.Generations.AsNoTracking().SingleOrDefaultAsync(g => g.UserId == task.UserId && g.Id == id, ct);
        return found is null ? null : await OfAsync(found, deepest - 1, ct);
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
