using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace MusicGen.Infrastructure.Identity;

/// <summary>How hard a password is hashed, and how many at once. OWASP asks for 19 MiB, two passes, one lane.</summary>
public sealed class PasswordHashingOptions
{
    public const string Section = "PasswordHashing";

    [Range(19 * 1024, 1024 * 1024)]
    public int MemoryKiB { get; init; } = 19 * 1024;

    [Range(2, 20)]
    public int Iterations { get; init; } = 2;

    /// <summary>Hashes at once; by default one for each core.</summary>
    [Range(1, 256)]
    public int Parallel { get; init; } = Environment.ProcessorCount;

    /// <summary>How many may wait for their turn; the next is told to come back.</summary>
    [Range(0, 10_000)]
    public int Waiting { get; init; } = 64;
}

[OptionsValidator]
internal sealed partial class PasswordHashingOptionsValidator : IValidateOptions<PasswordHashingOptions>;
