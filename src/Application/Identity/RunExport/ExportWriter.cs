using MusicGen.Application.Generations;
using MusicGen.Application.Persistence;
using MusicGen.Domain.Generations;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity.RunExport;

/// <summary>Writes an export's file, and into its row how far it is.</summary>
internal sealed class ExportWriter(IMusicGenDbContext db, AccountHoldings account, MusicHoldings music, IExportFiles files, TimeProvider time)
{
    private static readonly TimeSpan TellEvery = TimeSpan.FromSeconds(0.5);

    public TimeSpan Kept => files.Kept;

    public Task DiscardAsync(Guid id) => files.DeleteAsync(id, CancellationToken.None);

    /// <exception cref="OperationCanceledException">Somebody else has the export, or its owner is gone.</exception>
    public Task<ExportFile> WriteAsync(DataExport export, CancellationToken ct) => files.WriteAsync(export.Id, async stream =>
    {
        await TellAsync(export, 0, ct);
        using var archive = new ExportArchive(stream);
        await archive.AddTextAsync("README.txt", ExportReadme.Text, ct);
        await archive.AddAsync("account.json", await account.FactsAsync(export.UserId, ct), ct);
        var saved = await AddAudioAsync(archive, export, ct);
        await archive.AddLinesAsync("generations.jsonl", music.TasksAsync(export.UserId, saved), ct);
        await archive.AddLinesAsync("batches.jsonl", music.BatchesAsync(export.UserId), ct);
        await archive.AddLinesAsync("audit.jsonl", account.AuditAsync(export.UserId), ct);
        await archive.AddManifestAsync(ct);
    }, ct);

    private async Task<HashSet<GenerationId>> AddAudioAsync(ExportArchive archive, DataExport export, CancellationToken ct)
    {
        var completed = await music.CompletedAsync(export.UserId, ct);
        var saved = new HashSet<GenerationId>(completed.Count);
        var told = time.GetTimestamp();
        for (var i = 0; i < completed.Count; i++)
        {
            if (await music.OpenAsync(completed[i], ct) is { } audio)
            {
                await using (audio.Content)
                    await archive.AddAsync(MusicHoldings.AudioNameOf(completed[i]), audio.Content, ct);
                saved.Add(completed[i]);
            }

            if (time.GetElapsedTime(told) < TellEvery)
                continue;
            await TellAsync(export, (i + 1.0) / (completed.Count + 1), ct);
            told = time.GetTimestamp();
        }

        return saved;
    }

    private async Task TellAsync(DataExport export, double progress, CancellationToken ct)
    {
        export.Advance(progress);
        if (!await db.TrySaveAsync(ct))
            throw new OperationCanceledException("The export is no longer ours.");
    }
}
