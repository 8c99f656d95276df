using System.Runtime.CompilerServices;
using Microsoft.Extensions.Options;
using MusicGen.Application.Identity;
using MusicGen.Domain;
using MusicGen.Domain.Identity;
using MusicGen.Infrastructure.Files;
using MusicGen.Infrastructure.Retention;

namespace MusicGen.Infrastructure.Identity;

/// <summary>Exports beside the audio, which all nodes share.</summary>
internal sealed class ExportFiles(IFileStore files, StoreAccess access, IOptions<RetentionOptions> retention) : IExportFiles
{
    private const string Folder = "exports";

    public TimeSpan Kept => TimeSpan.FromHours(retention.Value.ExportHours);

    public async Task<ExportFile> WriteAsync(Guid id, Func<Stream, Task> write, CancellationToken ct)
    {
        var written = await files.WriteAsync(NameOf(id), write, ct);
        return new ExportFile(written.Bytes, written.Sha256);
    }

    public Task<Result<Stream>> OpenAsync(Guid id, CancellationToken ct) => access.ReadAsync<Stream>(
        async left => await files.OpenAsync(NameOf(id), left) is { } file ? file.Content : IdentityErrors.ExportNotFound, ct);

    public Task DeleteAsync(Guid id, CancellationToken ct) => files.DeleteAsync(NameOf(id), ct);

    public async IAsyncEnumerable<Guid> ListAsync(DateTimeOffset before, [EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var file in files.ListAsync(Folder, ct))
        {
            if (file.WrittenAt < before && Guid.TryParseExact(Path.GetFileNameWithoutExtension(file.Name), "D", out var id) && file.Name == NameOf(id))
                yield return id;
        }
    }

    private static string NameOf(Guid id) => $"{Folder}/{id}.zip";
}
