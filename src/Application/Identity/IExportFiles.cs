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

    /// <summary>Seekable; the receiver disposes it. Null when there is none.</summary>
    Stream? Open(Guid id);

    /// <summary>Again is harmless.</summary>
    void Delete(Guid id);

    /// <summary>Removes what no export speaks of any more: left half-written, or older than any is kept.</summary>
    /// <returns>How many files went.</returns>
    int DeleteLeftovers(DateTimeOffset now);
}

/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">In hexadecimal.</param>
public sealed record ExportFile(long Bytes, string Sha256);
