using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace MusicGen.Infrastructure.Identity;

/// <summary>Until when, and by which secret, tokens of the original service are exchanged for sessions.</summary>
public sealed class LegacyOptions
{
    public const string Section = "Legacy";

    /// <summary>AUTH_LEGACY_MIGRATION_UNTIL; migration is closed without it.</summary>
    public DateTimeOffset? MigrationUntil { get; init; }

    /// <summary>AUTH_LEGACY_JWT_SECRET: what the original signed its tokens with.</summary>
    [MinLength(JwtOptions.MinSecretLength)]
    public string? JwtSecret { get; init; }
}

[OptionsValidator]
internal sealed partial class LegacyOptionsValidator : IValidateOptions<LegacyOptions>;
