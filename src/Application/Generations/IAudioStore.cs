using MusicGen.Domain;
using MusicGen.Domain.Generations;

namespace MusicGen.Application.Generations;

/// <summary>Keeps finished audio. A half-written file never shows.</summary>
public interface IAudioStore
{
    Task SaveAsync(GenerationId id, AudioClip clip, CancellationToken ct);

    /// <summary>Opens the audio in a format, which is encoded once and kept.</summary>
    /// <returns>
    /// <c>generation.not_completed</c> without audio, <c>audio.format_unavailable</c> without an encoder,
    /// <c>service.unavailable</c> while all encoders are busy.
    /// </returns>
    Task<Result<AudioFile>> OpenAsync(GenerationId id, AudioFormat format, CancellationToken ct);

    /// <summary>Puts a file back as a backup has it.</summary>
    /// <param name="id">The task.</param>
    /// <param name="format">One of the two that are written when a task ends.</param>
    /// <param name="content">Read to its end.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>Its SHA-256 in hexadecimal.</returns>
    Task<string> SaveCopyAsync(GenerationId id, AudioFormat format, Stream content, CancellationToken ct);

    /// <summary>A task's sound as it was made; null without audio.</summary>
    Task<AudioClip?> LoadAsync(GenerationId id, CancellationToken ct);

    /// <summary>The least and greatest sample of each of <paramref name="points"/> equal parts, [points][2], within -1…1.</summary>
    Task<Result<float[][]>> GetPeaksAsync(GenerationId id, int points, CancellationToken ct);

    /// <summary>Removes every format; again is harmless.</summary>
    Task<RemovedAudio> DeleteAsync(GenerationId id, CancellationToken ct);

    /// <summary>
    /// Looks at every file once and removes what serves nobody: copies in formats that can be encoded again, what dead
    /// processes left half-written, and the sound of tasks that are no more.
    /// </summary>
    /// <param name="copiesBefore">Copies that were written earlier.</param>
    /// <param name="leftBefore">Of all else what was written earlier: nothing is in the making for as long.</param>
    /// <param name="living">Which of some tasks there are.</param>
    /// <param name="ct">Cancels.</param>
    Task<ClearedAudio> ClearAsync(DateTimeOffset copiesBefore, DateTimeOffset leftBefore, Func<IReadOnlyCollection<GenerationId>, Task<IReadOnlySet<GenerationId>>> living, CancellationToken ct);
}

/// <param name="Copies">Files that went: copies and halves.</param>
/// <param name="Left">Tasks that are no more, whose sound went.</param>
/// <param name="Foreign">The same, but so many that they must be another database's; nothing of them went.</param>
public readonly record struct ClearedAudio(int Copies, int Left, int Foreign);

/// <summary>Sound that is no more.</summary>
public readonly record struct RemovedAudio(int Files, long Bytes);

/// <param name="Content">Seekable; the receiver disposes it.</param>
/// <param name="ContentType">As in <c>audio/wav</c>.</param>
/// <param name="Extension">Without the dot.</param>
/// <param name="ETag">Strong, with its quotes; the same for the same bytes.</param>
public sealed record AudioFile(Stream Content, string ContentType, string Extension, string ETag) : IAsyncDisposable
{
    public ValueTask DisposeAsync() => Content.DisposeAsync();
}

public enum AudioFormat
{
    /// <summary>16-bit PCM.</summary>
    Wav,

    /// <summary>32-bit float.</summary>
    WavFloat,
    Flac,
    Mp3,
    Ogg,
}

public static class AudioFormats
{
    /// <summary>The formats by their names on the wire.</summary>
    public static readonly IReadOnlyDictionary<string, AudioFormat> ByName = new Dictionary<string, AudioFormat>(StringComparer.Ordinal)
    {
        ["wav"] = AudioFormat.Wav,
        ["wav-f32"] = AudioFormat.WavFloat,
        ["flac"] = AudioFormat.Flac,
        ["mp3"] = AudioFormat.Mp3,
        ["ogg"] = AudioFormat.Ogg,
    };
}
