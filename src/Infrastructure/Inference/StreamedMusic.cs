using MusicGen.Application.Generations;
using MusicGen.Infrastructure.Inference.Audio;
using MusicGen.Infrastructure.Inference.Composer;

namespace MusicGen.Infrastructure.Inference;

/// <summary>Music written to a file while it is made, for engines that give out finished blocks.</summary>
public static class StreamedMusic
{
    /// <summary>Whether a model's engine can.</summary>
    public static bool Can(MusicModel model) => model.Engine == ComposerEngine.Id;

    /// <summary>Makes the music on the caller's thread; memory doesn't grow with its length.</summary>
    /// <param name="request">Of a model that can.</param>
    /// <param name="stream">Need not seek.</param>
    /// <param name="format"><see cref="AudioFormat.Wav"/> or <see cref="AudioFormat.WavFloat"/>.</param>
    /// <param name="progress">Hears of every step.</param>
    /// <param name="ct">Stops within a step.</param>
    /// <exception cref="MusicGenerationException">The engine can't do it; the message may be shown to people.</exception>
    public static StreamedFile Write(MusicRequest request, Stream stream, AudioFormat format, IProgress<StepsDone> progress, CancellationToken ct)
    {
        var encoding = format == AudioFormat.Wav ? WavEncoding.Pcm16 : WavEncoding.Float32;
        var (rate, length) = (0, 0L);
        ComposerEngine.Stream(
            request,
            (sampleRate, frames) =>
            {
                (rate, length) = (sampleRate, frames);
                return new WavBlocks(stream, frames, sampleRate, Rendering.Channels, encoding).Write;
            },
            progress, ct);
        return new StreamedFile((double)length / rate, rate, Rendering.Channels, WavWriter.Length(0, encoding));
    }
}

/// <summary>What was written.</summary>
/// <param name="Seconds">Length.</param>
/// <param name="SampleRate">In hertz.</param>
/// <param name="Channels">1 or 2.</param>
/// <param name="DataOffset">Where the samples begin, in bytes: they are the whole rest of the file.</param>
public sealed record StreamedFile(double Seconds, int SampleRate, int Channels, long DataOffset);
