using MusicGen.Domain;

namespace MusicGen.Infrastructure.Backups;

/// <summary>How the database gets into a backup and out of it. There it is always a SQLite file of this program's migrations.</summary>
internal interface IDatabaseTransfer
{
    /// <summary>Why no copy can be made; null when it can.</summary>
    Task<Error?> ObstacleAsync(CancellationToken ct);

    /// <summary>Makes the file: the database at one moment, while others write to it.</summary>
    Task CopyToAsync(string file, CancellationToken ct);

    /// <summary>What is there already where a backup's database would go; null for nothing.</summary>
    Task<string?> WhatIsThereAsync(CancellationToken ct);

    /// <summary>Puts a backup's database in place, all of it or nothing; leaves it where an interrupted restore has put it.</summary>
    /// <exception cref="InvalidDataException">The backup has changed since it was judged, or another database has come there.</exception>
    Task PlaceAsync(BackupReader backup, CancellationToken ct);
}
