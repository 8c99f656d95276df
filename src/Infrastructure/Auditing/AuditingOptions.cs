using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace MusicGen.Infrastructure.Auditing;

public sealed class AuditingOptions
{
    public const string Section = "Auditing";

    /// <summary>Where this node keeps the signed head; null for nowhere.</summary>
    public string? HeadFile { get; init; }

    /// <summary>Entries between two signed checkpoints in the table.</summary>
    [Range(1, 1_000_000)]
    public int CheckpointEvery { get; init; } = 1000;
}

[OptionsValidator]
internal sealed partial class AuditingOptionsValidator : IValidateOptions<AuditingOptions>;
