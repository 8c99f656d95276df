using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace MusicGen.Infrastructure.Persistence;

/// <summary>Which database, and how to reach it (DATABASE_URL).</summary>
public sealed class DatabaseOptions
{
    public const string Section = "Database";

    [EnumDataType(typeof(DatabaseProvider))]
    public DatabaseProvider Provider { get; init; } = DatabaseProvider.Sqlite;

    [Required]
    public string ConnectionString { get; init; } = string.Empty;

    /// <summary>Where a backup's database lies while its rows go to a server; this node's own.</summary>
    public string Scratch { get; init; } = Path.GetTempPath();
}

public enum DatabaseProvider
{
    /// <summary>A file beside the audio: the embedded default.</summary>
    Sqlite,

    SqlServer,
}

[OptionsValidator]
internal sealed partial class DatabaseOptionsValidator : IValidateOptions<DatabaseOptions>;
