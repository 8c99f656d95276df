using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Backups;
using MusicGen.Application.Generations;
using MusicGen.Application.Identity;
using MusicGen.Domain;
using MusicGen.Domain.Backups;
using MusicGen.Infrastructure.Auditing;
using MusicGen.Infrastructure.Files;
using MusicGen.Infrastructure.Identity;
using MusicGen.Infrastructure.Persistence;

namespace MusicGen.Infrastructure.Backups;

/// <summary>Believes a backup only after its last byte, and puts each file in place by a rename; so every step may be done again.</summary>
internal sealed class BackupRestorer(
    IDatabaseTransfer database, AuditHeadKeeper heads, RedisTraces redis, IAudioStore audio, IExportFiles exports, SecretKeys secrets, IFileStore store)
    : IBackupRestorer
{
    public async Task<Result<BackupFacts>> CheckAsync(string folder, Guid? interrupted, IProgress<StepsDone> progress, CancellationToken ct)
    {
        var opened = await BackupReader.OpenAsync(folder, secrets, ct);
        if (!opened.IsSuccess)
            return opened.Error;
        var backup = opened.Value;
        await using var copy = SqliteMusicGenDbContext.OpenUntouched(backup.PathOf(BackupManifest.Database));
        if (!copy.Database.GetMigrations().Contains(backup.Manifest.Migration))
            return BackupErrors.Newer;
        if (interrupted is { } other && other != backup.Manifest.Id)
            return BackupErrors.OtherInterrupted;
        if (interrupted is null && await WhatIsThereAsync(ct) is { } something)
            return BackupErrors.NotEmpty(something);
        if (await backup.FaultAsync(progress, ct) is { } fault)
            return fault;
        return await IsSealedAsync(copy, ct) ? BackupErrors.OtherSecret : backup.Facts;
    }

    public async Task PlaceDatabaseAsync(string folder, CancellationToken ct)
    {
        var backup = await OpenAsync(folder, ct);
        foreach (var head in backup.Manifest.Files.Where(f => f.Name == BackupManifest.AuditHead))
        {
            using var content = new MemoryStream();
            await backup.CopyAsync(head, content, ct);
            await heads.PlaceAsync(AuditHeadText.Read(System.Text.Encoding.UTF8.GetString(content.ToArray())));
        }

        await database.PlaceAsync(backup, ct);
    }

    public async Task<Result<BackupFacts>> RestoreAsync(string folder, IProgress<StepsDone> progress, CancellationToken ct)
    {
        var backup = await OpenAsync(folder, ct);
        var files = backup.Manifest.Files;
        for (var i = 0; i < files.Count; i++)
        {
            if (BackupManifest.AudioOf(files[i].Name) is { } sound)
            {
                await using var content = File.OpenRead(backup.PathOf(files[i].Name));
                BackupReader.MustBe(files[i], await audio.SaveCopyAsync(sound.Id, sound.Format, content, ct));
            }
            else if (BackupManifest.ExportOf(files[i].Name) is { } export)
            {
                await exports.WriteAsync(export, to => backup.CopyAsync(files[i], to, ct), ct);
            }
            else if (files[i].Name == BackupManifest.Traces)
            {
                await RestoreTracesAsync(backup, files[i], ct);
            }

            progress.Report(new StepsDone(i + 1, files.Count));
        }

        return backup.Facts;
    }

    private async Task<BackupReader> OpenAsync(string folder, CancellationToken ct)
    {
        var opened = await BackupReader.OpenAsync(folder, secrets, ct);
        return opened.IsSuccess ? opened.Value : throw new InvalidDataException(opened.Error.Message);
    }

    private async Task RestoreTracesAsync(BackupReader backup, BackupFile file, CancellationToken ct)
    {
        await backup.CopyAsync(file, Stream.Null, ct); // whole before its first line is believed
        using var lines = new StreamReader(backup.PathOf(file.Name));
        while (await lines.ReadLineAsync(ct) is { } line)
            await redis.WriteAsync(JsonSerializer.Deserialize<UserTraces>(line)!);
        await backup.CopyAsync(file, Stream.Null, ct); // and still so after its last
    }

    private async Task<string?> WhatIsThereAsync(CancellationToken ct)
    {
        if (await database.WhatIsThereAsync(ct) is { } something)
            return something;
        await foreach (var sound in store.ListAsync(string.Empty, ct))
            return store.PlaceOf(sound.Name);
        return await heads.NameOfHolderAsync() is { } witness ? $"the head of an audit trail in {witness}" : null;
    }

    // The whole backup may be ours and its keys yet lie under an older secret, where it was changed and nothing was sealed anew.
    private async Task<bool> IsSealedAsync(SqliteMusicGenDbContext copy, CancellationToken ct)
    {
        var keys = await copy.Database.SqlQuery<SealedKey>($"SELECT Kid, SealedPrivateKey FROM SigningKeys").ToListAsync(ct);
        return keys.Count > 0 && !keys.Exists(k => RingKey.Opens(secrets, k.Kid, k.SealedPrivateKey));
    }

    private sealed record SealedKey(string Kid, string SealedPrivateKey);
}
