using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace MusicGen.Infrastructure.Retention;

/// <summary>How long things are kept; 0 days is for ever.</summary>
public sealed class RetentionOptions
{
    public const string Section = "Retention";

    /// <summary>AUDIO_RETENTION_DAYS: finished tasks with their sound.</summary>
    [Range(0, 36_500)]
    public int AudioDays { get; init; }

    /// <summary>ENCODED_AUDIO_RETENTION_DAYS: copies in flac, mp3 and ogg, which are encoded again when they are asked for.</summary>
    [Range(1, 36_500)]
    public int EncodedAudioDays { get; init; } = 30;

    /// <summary>EXPORT_RETENTION_HOURS: finished exports.</summary>
    [Range(1, 8_760)]
    public int ExportHours { get; init; } = 72;

    /// <summary>MAIL_RETENTION_DAYS: mail that Development writes to files.</summary>
    [Range(0, 36_500)]
    public int MailDays { get; init; } = 30;

    /// <summary>AUDIT_RETENTION_DAYS: entries of the audit trail.</summary>
    [Range(0, 36_500)]
    public int AuditDays { get; init; }
}

[OptionsValidator]
internal sealed partial class RetentionOptionsValidator : IValidateOptions<RetentionOptions>;
