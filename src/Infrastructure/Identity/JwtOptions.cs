using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace MusicGen.Infrastructure.Identity;

/// <summary>The secret that everything is derived from, and how long access tokens live.</summary>
public sealed class JwtOptions
{
    public const string Section = "Jwt";

    public const int MinSecretLength = 32;

    /// <summary>JWT_SECRET_KEY: seals the key ring and signs cookies.</summary>
    [Required, MinLength(MinSecretLength)]
    public string SecretKey { get; init; } = string.Empty;

    /// <summary>JWT_SECRET_KEY_PREVIOUS: what it made stays valid while this is set.</summary>
    [MinLength(MinSecretLength)]
    public string? PreviousSecretKey { get; init; }

    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan AccessTokenLifetime { get; init; } = TimeSpan.FromMinutes(15);

    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan RememberedAccessTokenLifetime { get; init; } = TimeSpan.FromHours(1);

    [Required]
    public string Issuer { get; init; } = "music-gen-auth";

    [Required]
    public string Audience { get; init; } = "music-gen-api";

    internal TimeSpan LifetimeFor(bool remembered) => remembered ? RememberedAccessTokenLifetime : AccessTokenLifetime;

    internal TimeSpan LongestLifetime =>
        RememberedAccessTokenLifetime > AccessTokenLifetime ? RememberedAccessTokenLifetime : AccessTokenLifetime;
}

[OptionsValidator]
internal sealed partial class JwtOptionsValidator : IValidateOptions<JwtOptions>;
