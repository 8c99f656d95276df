using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace MusicGen.Infrastructure.Generations;

public sealed class AudioStoreOptions
{
    public const string Section = "Audio";

    /// <summary>AUDIO_STORE: where finished audio lies.</summary>
    public AudioStoreKind Store { get; init; } = AudioStoreKind.Folder;

    /// <summary>AUDIO_PATH: the folder of all finished audio; nodes of one service share it. With a bucket, where each node makes its files.</summary>
    [Required]
    public required string Path { get; init; }

    /// <summary>Encoders that run at once; beyond them a request is refused for a moment.</summary>
    [Range(1, 32)]
    public int Encoders { get; init; } = 2;
}

public enum AudioStoreKind
{
    /// <summary>Local, or mounted by all nodes.</summary>
    Folder,

    /// <summary>A bucket of an S3-compatible server.</summary>
    S3,
}

[OptionsValidator]
internal sealed partial class AudioStoreOptionsValidator : IValidateOptions<AudioStoreOptions>;
