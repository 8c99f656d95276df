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

    /// <summary>Reads a WAV file of 16-bit integers or 32-bit floats.</summary>
    /// <exception cref="InvalidDataException">It isn't one, or is cut short, empty, or of a rate that no recording has.</exception>
    public static AudioClip Read(Stream stream)
    {
        var audio = WavReader.Read(stream);
        if (audio.SampleRate is < 1000 or > 768_000)
            throw new InvalidDataException("Its sample rate is not between 1 and 768 kHz.");
        if (audio.Samples.Length == 0)
            throw new InvalidDataException("It holds no sound.");
        if (Array.Exists(audio.Samples, s => !float.IsFinite(s)))
            throw new InvalidDataException("It holds samples that are no numbers.");
        return new AudioClip(audio.Samples, audio.SampleRate, audio.Channels, []);
    }
}
