using System.Reflection;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Backups;
using MusicGen.Application.Generations;
using MusicGen.Application.Identity;
using MusicGen.Domain;
using MusicGen.Domain.Generations;
using MusicGen.Domain.Identity;
using MusicGen.Infrastructure.Auditing;
using MusicGen.Infrastructure.Persistence;

namespace MusicGen.Infrastructure.Backups;

/// <summary>
/// The database at one moment; then what that copy speaks of: charges, sessions, sound, exports. Sound
/// is written before its row says so and never changes after, so what comes later is whole.
/// </summary>
internal sealed class BackupMaker(
    MusicGenDbContext db, IDatabaseTransfer database, AuditHeadKeeper heads, RedisTraces redis, IAudioStore audio, IExportFiles exports,
    IMessageAuthenticator authenticator, TimeProvider time)
    : IBackupMaker
{
    private const int UsersAtOnce = 200;

    /// <summary>Charges count for a day; a task's is made a little before its row.</summary>
    private static readonly TimeSpan ChargesLast = TimeSpan.FromHours(25);

    public async Task<Result<BackupMade>> MakeAsync(string folder, bool sessions, IProgress<StepsDone> progress, CancellationToken ct)
    {
        if (await database.ObstacleAsync(ct) is { } obstacle)
            return obstacle;
        var created = BackupWriter.Create(folder);
        if (!created.IsSuccess)
            return created.Error;
        var writer = created.Value;

        // The head first: what it vouches for is in every later copy of the table.
        if (await heads.FurthestAsync(ct) is { } head)
            await writer.AddAsync(BackupManifest.AuditHead, AuditHeadText.Write(head), ct);
        var (at, atRedis) = (time.GetUtcNow(), await redis.NowAsync());
        await database.CopyToAsync(writer.PathOf(BackupManifest.Database), ct);
        await writer.AddWrittenAsync(BackupManifest.Database, ct);

        await using var copy = SqliteMusicGenDbContext.OpenUntouched(writer.PathOf(BackupManifest.Database));
        await CopyTracesAsync(copy, writer, at, atRedis, sessions, ct);
        var gone = new List<string>();
        var problems = new List<string>();
        var sound = await copy.Generations.Where(g => g.Status == GenerationStatus.Completed).OrderBy(g => g.CreatedAt).Select(g => g.Id).ToListAsync(ct);
        var zipped = await copy.DataExports.Where(e => e.Status == ExportStatus.Completed && e.ExpiresAt > at).Select(e => new { e.Id, e.Sha256 }).ToListAsync(ct);
        var store = new PatientStore(folder, time);
        for (var i = 0; i < sound.Count; i++)
        {
            foreach (var format in (AudioFormat[])[AudioFormat.WavFloat, AudioFormat.Wav])
            {
                var (id, name) = (sound[i], BackupManifest.AudioName(sound[i], format));
                var opened = await store.OpenAsync(name, () => audio.OpenAsync(id, format, ct), ct);
                if (opened.IsSuccess)
                    await CopyAsync(writer, name, opened.Value.Content, opened.Value.ETag.Trim('"'), problems, ct);
                else if (opened.Error.Kind == ErrorKind.Unavailable)
                    return opened.Error;
                else
                    gone.Add(name);
            }

            progress.Report(new StepsDone(i + 1, sound.Count + zipped.Count));
        }

        foreach (var (export, i) in zipped.Select((e, i) => (e, i)))
        {
            var name = BackupManifest.ExportName(export.Id);
            var opened = await store.OpenAsync(name, () => exports.OpenAsync(export.Id, ct), ct);
            if (opened.IsSuccess)
                await CopyAsync(writer, name, opened.Value, export.Sha256, problems, ct);
            else if (opened.Error.Kind == ErrorKind.Unavailable)
                return opened.Error;
            else
                gone.Add(name);
            progress.Report(new StepsDone(sound.Count + i + 1, sound.Count + zipped.Count));
        }

        var lost = await LostAsync(gone, ct);
        problems.AddRange(lost.Select(name => $"{name} is missing"));
        var migration = (await copy.Database.GetAppliedMigrationsAsync(ct)).Last();
        var manifest = new BackupManifest(BackupManifest.PresentFormat, Guid.CreateVersion7(at), at, Program(), migration, sessions, writer.Files);
        await writer.SealAsync(manifest, authenticator, ct);
        return new BackupMade(manifest.Id, at, writer.Files.Count, writer.Files.Sum(f => f.Bytes), gone.Count - lost.Count, problems);
    }

    private static string Program() =>
        typeof(BackupMaker).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    // Nobody but us knows what a file was when it was written: a copy of what has rotted since is kept, and told.
    private static async Task CopyAsync(BackupWriter writer, string name, Stream content, string written, List<string> problems, CancellationToken ct)
    {
        await using (content)
        {
            if ((await writer.AddAsync(name, content, ct)).Sha256 != written)
                problems.Add($"{name} isn't as it was written");
        }
    }

    private async Task CopyTracesAsync(SqliteMusicGenDbContext copy, BackupWriter writer, DateTimeOffset at, long atRedis, bool sessions, CancellationToken ct)
    {
        var paid = (await copy.Generations.Where(g => g.CreatedAt > at - ChargesLast).Select(g => g.ChargeId).ToListAsync(ct)).ToHashSet(StringComparer.Ordinal);
        await using (var lines = writer.Begin(BackupManifest.Traces)) // of a million users a gigabyte: not in memory
        {
            foreach (var users in (await copy.Users.Select(u => u.Id).ToListAsync(ct)).Chunk(UsersAtOnce))
            {
                foreach (var traces in (await Task.WhenAll(users.Select(u => redis.ReadAsync(u, atRedis, paid, sessions)))).OfType<UserTraces>())
                {
                    await JsonSerializer.SerializeAsync(lines, traces, cancellationToken: ct);
                    lines.WriteByte((byte)'\n');
                }
            }
        }

        await writer.AddWrittenAsync(BackupManifest.Traces, ct);
    }

    // Of files that weren't there, those that nobody has deleted.
    private async Task<List<string>> LostAsync(List<string> gone, CancellationToken ct)
    {
        var lost = new List<string>();
        foreach (var name in gone)
        {
            var there = BackupManifest.AudioOf(name) is { Id: var id }
                ? await db.Generations.AnyAsync(g => g.Id == id, ct)
                : BackupManifest.ExportOf(name) is { } export && await db.DataExports.AnyAsync(e => e.Id == export, ct);
            if (there)
                lost.Add(name);
        }

        return lost;
    }
}
