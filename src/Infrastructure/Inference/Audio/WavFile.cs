using MusicGen.Application.Generations;

namespace MusicGen.Infrastructure.Inference.Audio;

/// <summary>A clip as a WAV file, for those who make music without a server.</summary>
public static class WavFile
{
    /// <summary>Writes the clip.</summary>
    /// <param name="stream">Need not seek.</param>
    /// <param name="clip">At most 4 GiB of samples.</param>
    /// <param name="format"><see cref="AudioFormat.Wav"/> or <see cref="AudioFormat.WavFloat"/>.</param>
    /// <returns>Where the samples begin, in bytes: they are the whole rest of the file.</returns>
    public static long Write(Stream stream, AudioClip clip, AudioFormat format)
    {
        var encoding = format == AudioFormat.Wav ? WavEncoding.Pcm16 : WavEncoding.Float32;
        WavWriter.Write(stream, clip.Samples, clip.SampleRate, clip.Channels, encoding);
        return WavWriter.Length(0, encoding);
    }
}
