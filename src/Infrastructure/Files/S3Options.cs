using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace MusicGen.Infrastructure.Files;

/// <summary>The bucket, where AUDIO_STORE is s3.</summary>
public sealed class S3Options
{
    public const string Section = "S3";

    /// <summary>S3_ENDPOINT: the server, as in https://s3.eu-central-1.amazonaws.com.</summary>
    [Required]
    public required string Endpoint { get; init; }

    /// <summary>S3_REGION: a part of every signature.</summary>
    [Required]
    public string Region { get; init; } = "us-east-1";

    /// <summary>S3_BUCKET: made by the operator.</summary>
    [Required, RegularExpression("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", ErrorMessage = "Bucket must have 3 to 63 small letters, digits, dots and hyphens.")]
    public required string Bucket { get; init; }

    /// <summary>S3_ACCESS_KEY_ID</summary>
    [Required]
    public required string AccessKeyId { get; init; }

    /// <summary>S3_SECRET_ACCESS_KEY</summary>
    [Required]
    public required string SecretAccessKey { get; init; }

    /// <summary>S3_PREFIX: what every name in the bucket begins with, as in musicgen/.</summary>
    [RegularExpression("^([A-Za-z0-9_-][A-Za-z0-9._-]*/)*$", ErrorMessage = "Prefix must be folders, each with a slash at its end, as in musicgen/.")]
    public string Prefix { get; init; } = string.Empty;

    /// <summary>S3_FORCE_PATH_STYLE: the bucket's name stands in the path, not before the host's.</summary>
    public bool ForcePathStyle { get; init; } = true;
}

[OptionsValidator]
internal sealed partial class S3OptionsValidator : IValidateOptions<S3Options>;
