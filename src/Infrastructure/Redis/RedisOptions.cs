using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace MusicGen.Infrastructure.Redis;

public sealed class RedisOptions : IValidatableObject
{
    public const string Section = "Redis";

    /// <summary>REDIS_URL, or where the embedded server listens; see <see cref="RedisConnectionString"/>.</summary>
    [Required]
    public required string ConnectionString { get; init; }

    /// <summary>REDIS_CA_FILE: the only authority, in PEM, whose word for Redis's certificate counts; null for the operating system's.</summary>
    public string? CaFile { get; init; }

    /// <summary>REDIS_PATIENCE_MS: how long a request waits at the door for an answer.</summary>
    [Range(20, 10_000)]
    public int PatienceMilliseconds { get; init; } = 70;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        var isTls = false;
        if (Fault(() => isTls = RedisConnectionString.Parse(ConnectionString).Ssl) is { } address)
            yield return new ValidationResult(address, [nameof(ConnectionString)]);
        if (isTls && CaFile is not null && Fault(() => RedisTls.ReadAuthorities(CaFile)) is { } authority)
            yield return new ValidationResult(authority, [nameof(CaFile)]);
    }

    private static string? Fault(Action read)
    {
        try
        {
            read();
            return null;
        }
        catch (FormatException e)
        {
            return e.Message;
        }
    }
}

[OptionsValidator]
internal sealed partial class RedisOptionsValidator : IValidateOptions<RedisOptions>;
