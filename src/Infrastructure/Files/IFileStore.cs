namespace MusicGen.Infrastructure.Files;

/// <summary>
/// Finished files by name, the same for all nodes: a folder or a bucket. A file appears whole, with its hash. What can't be
/// done at the moment is an <see cref="IOException"/> or an <see cref="UnauthorizedAccessException"/>.
/// </summary>
/// <remarks>Names have forward slashes, as in <c>exports/ID.zip</c>.</remarks>
internal interface IFileStore
{
    /// <summary>How long an honest store takes at most to give a file whole.</summary>
    TimeSpan PatienceForWhole { get; }

    /// <summary>Where a file lies, as operators write it.</summary>
    string PlaceOf(string name);

    /// <summary>Whether the store itself is there: in one that isn't, no file is missing.</summary>
    Task<bool> IsThereAsync(CancellationToken ct);

    /// <summary>Writes something that nobody needs, to find out whether it could be kept.</summary>
    Task ProbeAsync(CancellationToken ct);

    /// <summary>Opens a file; null when there is none.</summary>
    Task<StoredFile?> OpenAsync(string name, CancellationToken ct);

    /// <summary>A file as this machine's, for whoever reads by path; null when there is none.</summary>
    Task<LocalFile?> FetchAsync(string name, CancellationToken ct);

    /// <summary>An empty file of this machine, to make one in.</summary>
    LocalFile Draft(string name);

    /// <summary>Lets a draft appear under its name, in place of any earlier file.</summary>
    Task<WrittenFile> PutAsync(LocalFile draft, string name, CancellationToken ct);

    /// <summary>All files below a folder, or below all for an empty name.</summary>
    IAsyncEnumerable<ListedFile> ListAsync(string folder, CancellationToken ct);

    /// <summary>Again is harmless.</summary>
    Task DeleteAsync(string name, CancellationToken ct);

    /// <summary>Removes a folder with all that is in it; again is harmless.</summary>
    /// <returns>What went.</returns>
    Task<IReadOnlyList<ListedFile>> DeleteFolderAsync(string folder, CancellationToken ct);

    /// <summary>Removes what dead processes left half-written.</summary>
    /// <returns>How many went.</returns>
    Task<int> DeleteHalvesAsync(DateTimeOffset before, CancellationToken ct);
}

/// <param name="Content">Seekable; the receiver disposes it.</param>
/// <param name="Sha256">In hexadecimal; null for a file that is being deleted, or was written by an earlier version.</param>
internal sealed record StoredFile(Stream Content, string? Sha256);

/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">In hexadecimal.</param>
internal sealed record WrittenFile(long Bytes, string Sha256);

/// <param name="Name">As whoever wrote it called it.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="WrittenAt">By the store's clock.</param>
internal readonly record struct ListedFile(string Name, long Bytes, DateTimeOffset WrittenAt);
