using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Persistence;
using MusicGen.Application.Quotas;
using MusicGen.Domain;
using MusicGen.Domain.Generations;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Generations;

/// <summary>All that the service holds of one user's music, for their export. Nothing is in memory whole but ids.</summary>
internal sealed class MusicHoldings(IMusicGenDbContext db, IAudioStore store, IQuotaLedger ledger)
{
    /// <summary>Where a task's sound lies in an export.</summary>
    public static string AudioNameOf(GenerationId id) => $"audio/{id}.wav";

    /// <summary>Tasks that have sound, the oldest first.</summary>
    public Task<List<GenerationId>> CompletedAsync(UserId user, CancellationToken ct) => db.Generations
        .Where(g => g.UserId == user && g.Status == GenerationStatus.Completed)
        .OrderBy(g => g.CreatedAt)
        .Select(g => g.Id)
        .ToListAsync(ct);

    /// <summary>A task's sound; null when it went meanwhile.</summary>
    /// <exception cref="IOException">It can't be read now: an export without it would be taken for whole.</exception>
    public async Task<AudioFile?> OpenAsync(GenerationId id, CancellationToken ct)
    {
        var audio = await store.OpenAsync(id, AudioFormat.Wav, ct);
        if (audio.IsSuccess)
            return audio.Value;
        return audio.Error.Kind == ErrorKind.Unavailable ? throw new IOException(audio.Error.Message) : null;
    }

    /// <summary>Every task, the oldest first.</summary>
    /// <param name="user">Whose.</param>
    /// <param name="withAudio">Tasks whose sound is in the export.</param>
    public IAsyncEnumerable<HeldTask> TasksAsync(UserId user, IReadOnlySet<GenerationId> withAudio) => db.Generations.AsNoTracking()
        .Where(g => g.UserId == user)
        .OrderBy(g => g.CreatedAt)
        .AsAsyncEnumerable()
        .Select(g => new HeldTask(
            GenerationView.Of(g, new StepsDone(g.StepsDone, g.StepsTotal), position: null, etaSeconds: null), g.Tier.Name(), g.BatchId,
            g.IdempotencyKey, g.Attempts, withAudio.Contains(g.Id) ? AudioNameOf(g.Id) : null));

    public IAsyncEnumerable<HeldBatch> BatchesAsync(UserId user) => db.Batches.AsNoTracking()
        .Where(b => b.UserId == user)
        .OrderBy(b => b.CreatedAt)
        .Select(b => new HeldBatch(b.Id, b.Total, b.CreatedAt))
        .AsAsyncEnumerable();

    public async Task<IReadOnlyList<HeldQuota>> QuotaAsync(UserId user, Tier tier, CancellationToken ct)
    {
        var usage = await ledger.GetUsageAsync(user, tier, ct);
        return [.. usage.Windows.Append(usage.AudioSeconds).Select(w => new HeldQuota(w.Name, w.Limit, w.Used, w.ResetsAt))];
    }
}

/// <param name="Task">As the API shows it.</param>
/// <param name="Tier">The owner's when it was accepted.</param>
/// <param name="BatchId">What it came with.</param>
/// <param name="IdempotencyKey">The owner's name of the request.</param>
/// <param name="Attempts">How often it was started.</param>
/// <param name="AudioFile">The file in the export; null without sound.</param>
internal sealed record HeldTask(GenerationView Task, string Tier, Guid? BatchId, string? IdempotencyKey, int Attempts, string? AudioFile)
{
    public override string ToString() => nameof(HeldTask); // keeps the prompt out of every log
}

internal sealed record HeldBatch(Guid Id, int Total, DateTimeOffset CreatedAt);

/// <summary>What is used of one window of the plan.</summary>
internal sealed record HeldQuota(string Name, double Limit, double Used, DateTimeOffset ResetsAt);
