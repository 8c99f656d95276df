using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace MusicGen.Infrastructure.Monitoring;

/// <summary>Where this node keeps what is its own (MUSICGEN_DATA).</summary>
public sealed class DataOptions
{
    public const string Section = "Data";

    /// <summary>Absolute.</summary>
    [Required]
    public string Folder { get; init; } = AppContext.BaseDirectory;
}

[OptionsValidator]
internal sealed partial class DataOptionsValidator : IValidateOptions<DataOptions>;
