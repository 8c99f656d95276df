using MusicGen.Domain;

namespace MusicGen.Application.Identity;

/// <summary>Keeps finished exports, for all nodes together. A half-written file never shows.</summary>
public interface IExportFiles
{
    /// <summary>How long a finished one is kept.</summary>
    TimeSpan Kept { get; }

    /// <summary>Writes an export's file, in place of any earlier one.</summary>
    /// <param name="id">The export.</param>
    /// <param name="write">Writes the content; what it throws leaves no file.</param>
    /// <param name="ct">Cancels.</param>
    Task<ExportFile> WriteAsync(Guid id, Func<Stream, Task> write, CancellationToken ct);

    /// <summary>Seekable; the receiver disposes it.</summary>
    /// <returns><c>export.not_found</c> when there is none, <c>service.unavailable</c> while it can't be read.</returns>
    Task<Result<Stream>> OpenAsync(Guid id, CancellationToken ct);

    /// <summary>Again is harmless.</summary>
    Task DeleteAsync(Guid id, CancellationToken ct);

    /// <summary>The exports that have a file.</summary>
    /// <param name="before">Only files that were written earlier.</param>
    /// <param name="ct">Cancels.</param>
    IAsyncEnumerable<Guid> ListAsync(DateTimeOffset before, CancellationToken ct);
}

/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">In hexadecimal.</param>
public sealed record ExportFile(long Bytes, string Sha256);
