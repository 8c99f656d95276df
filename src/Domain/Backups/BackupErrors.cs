namespace MusicGen.Domain.Backups;

/// <summary>Why a backup isn't made or restored; only the command line meets them.</summary>
public static class BackupErrors
{
    /// <param name="database">The database's name on its server.</param>
    public static Error NoSnapshots(string database) => new(
        "backup.no_snapshots",
        $"Only a snapshot is one moment, and the database allows none. Once, as its owner: ALTER DATABASE [{database}] SET ALLOW_SNAPSHOT_ISOLATION ON",
        ErrorKind.Unprocessable);

    public static Error NewerDatabase => new(
        "backup.newer_database",
        "A newer version of this program has brought the database up, and this one would leave out what it doesn't know. Make the backup with that version.",
        ErrorKind.Unprocessable);

    public static Error FolderTaken(string folder) =>
        new("backup.folder_taken", $"{folder} isn't empty. A backup goes to a folder of its own.", ErrorKind.Conflict);

    /// <param name="name">The file that can't be read.</param>
    /// <param name="patience">For how long it was tried.</param>
    /// <param name="folder">The backup's, which is left half made.</param>
    public static Error StoreSilent(string name, TimeSpan patience, string folder) => new(
        "backup.store_silent",
        $"{name} can't be read from the store of sound, which was asked for {patience.TotalMinutes:0} minutes. {folder} isn't complete, and won't be taken for a backup. Remove it.",
        ErrorKind.Unavailable);

    public static Error Torn(string folder) =>
        new("backup.torn", $"{folder} has no manifest, which is written last: the backup never ended, or this is none.", ErrorKind.Unprocessable);

    /// <param name="problem">What is wrong, as a sentence.</param>
    public static Error Broken(string problem) =>
        new("backup.broken", $"This backup isn't as it was made, so nothing of it is restored. {problem}", ErrorKind.Unprocessable);

    public static Error OtherSecret => new(
        "backup.other_secret",
        "This backup was made under another secret, or its manifest was changed. Set the JWT_SECRET_KEY of that time, here or as JWT_SECRET_KEY_PREVIOUS.",
        ErrorKind.Unprocessable);

    public static Error Newer => new(
        "backup.newer", "This backup was made by a newer version of this program. Restore it with that version.", ErrorKind.Unprocessable);

    /// <param name="what">What is there already.</param>
    public static Error NotEmpty(string what) =>
        new("backup.target_not_empty", $"A backup is restored where nothing is, and there is {what}.", ErrorKind.Conflict);

    public static Error OtherInterrupted => new(
        "backup.other_interrupted", "The restore of another backup was interrupted here. Restore that one again, or empty the data folder.", ErrorKind.Conflict);
}
