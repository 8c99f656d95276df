using MusicGen.Application.Generations;

namespace MusicGen.Infrastructure.Inference.Audio;

/// <summary>Sets the level of a finished clip, in place, in steps of one second of sound whose number is known beforehand.</summary>
internal sealed class Mastering(float[] samples, int sampleRate, int channels)
{
    public const double TargetLufs = -14;

    // Meters differ in their interpolation by some tenths of a decibel; -1 dBTP must hold for all of them.
    private const double CeilingDb = -1.4;
    private const double PeakDb = -1;
    private const int Passes = 5;

    /// <summary>Steps that a clip of so many frames takes.</summary>
    public static int Steps(Normalization normalization, int frames, int sampleRate) => normalization switch
    {
        Normalization.Loudness => Passes * StepsPerPassOf(frames, sampleRate),
        Normalization.Peak => StepsPerPassOf(frames, sampleRate),
        _ => 0,
    };

    private int Frames => samples.Length / channels;

    private int StepsPerPass => StepsPerPassOf(Frames, sampleRate);

    private static int StepsPerPassOf(int frames, int sampleRate) => (frames + sampleRate - 1) / sampleRate;

    /// <summary>Sets the level.</summary>
    /// <param name="normalization">What level.</param>
    /// <param name="loudness">Of the samples as they are, in LUFS.</param>
    /// <param name="step">Called before each step; stops the work by throwing.</param>
    public void Apply(Normalization normalization, double loudness, Action step)
    {
        if (normalization == Normalization.Loudness)
            ToLoudness(loudness, step);
        else if (normalization == Normalization.Peak)
            ToPeak(step);
    }

    /// <summary>
    /// A limiter takes loudness away, by an amount only known afterwards: the passes before the last listen and
    /// correct the gain, the last one writes.
    /// </summary>
    private void ToLoudness(double loudness, Action step)
    {
        if (double.IsNegativeInfinity(loudness))
            return;

        var gainDb = TargetLufs - loudness;
        for (var pass = 1; pass < Passes; pass++)
            gainDb += TargetLufs - Limit(gainDb, write: false, step);
        Limit(gainDb, write: true, step);
    }

    private double Limit(double gainDb, bool write, Action step)
    {
        var limiter = new TruePeakLimiter(samples, channels, sampleRate, ToFactor(gainDb), ToFactor(CeilingDb));
        var meter = new Loudness(sampleRate, channels);
        var block = new float[1024 * channels];
        for (var frame = 0; frame < Frames;)
        {
            if (frame % sampleRate == 0)
                step();
            var stepEnd = Math.Min(Frames, (frame / sampleRate * sampleRate) + sampleRate);
            var count = Math.Min(1024, stepEnd - frame);
            var at = frame * channels;
            for (var i = 0; i < count * channels; i += channels)
            {
                var gain = limiter.Next();
                for (var c = 0; c < channels; c++)
                    block[i + c] = samples[at + i + c] * gain;
            }

            meter.Add(block.AsSpan(0, count * channels));
            if (write)
                block.AsSpan(0, count * channels).CopyTo(samples.AsSpan(at));
            frame += count;
        }

        return meter.Integrated();
    }

    private void ToPeak(Action step)
    {
        var peak = 0f;
        foreach (var x in samples)
            peak = Math.Max(peak, Math.Abs(x));
        var gain = peak > 0 ? (float)(ToFactor(PeakDb) / peak) : 1;
        for (var s = 0; s < StepsPerPass; s++)
        {
            step();
            var end = Math.Min(Frames, (s + 1) * sampleRate) * channels;
            for (var i = s * sampleRate * channels; i < end; i++)
                samples[i] *= gain;
        }
    }

    private static double ToFactor(double db) => Math.Pow(10, db / 20);
}
