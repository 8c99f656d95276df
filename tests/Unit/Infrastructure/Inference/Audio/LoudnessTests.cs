using MusicGen.Infrastructure.Inference.Audio;

namespace MusicGen.Unit.Infrastructure.Inference.Audio;

public sealed class LoudnessTests
{
    // EBU Tech 3341: a stereo sine of 1 kHz whose peaks are at -23 dBFS in both channels reads -23 LUFS.
    [Theory]
    [InlineData(44100, -23)]
    [InlineData(48000, -23)]
    [InlineData(32000, -33)]
    public void The_reference_tone_reads_its_level(int rate, double db)
    {
        Assert.InRange(Loudness.Of(Sine(rate, 1000, db, 5), rate, 2), db - 0.1, db + 0.1);
    }

    [Fact]
    public void The_gate_passes_over_pauses()
    {
        var tone = Sine(44100, 1000, -20, 4);
        float[] withPause = [.. tone, .. new float[44100 * 2 * 6]];

        Assert.InRange(Loudness.Of(withPause, 44100, 2), -20.3, -19.9);
        Assert.Equal(double.NegativeInfinity, Loudness.Of(new float[88200], 44100, 2));
    }

    [Fact]
    public void Bass_counts_less_and_presence_more()
    {
        var middle = Loudness.Of(Sine(44100, 1000, -20, 3), 44100, 2);

        Assert.True(Loudness.Of(Sine(44100, 30, -20, 3), 44100, 2) < middle - 4);
        Assert.True(Loudness.Of(Sine(44100, 6000, -20, 3), 44100, 2) > middle + 2.5);
    }

    [Fact]
    public void The_true_peak_lies_between_the_samples()
    {
        // A quarter of the sample rate, an eighth of a turn late: every sample is at 0.707 of a sine that reaches 1.
        var samples = Enumerable.Range(0, 4000).Select(i => (float)Math.Sin((Math.PI * i / 2) + (Math.PI / 4))).ToArray();

        Assert.InRange(samples.Max(), 0.70f, 0.71f);
        Assert.InRange(TruePeak.Of(samples.AsSpan(), 1), 0.98f, 1.12f);
    }

    [Theory]
    [InlineData(1.0)]
    [InlineData(4.0)]
    [InlineData(50.0)]
    public void The_limiter_never_lets_a_peak_pass(double gain)
    {
        const float Ceiling = 0.85f;
        var state = 12345u;
        var samples = new float[44100 * 2];
        for (var i = 0; i < samples.Length; i++)
        {
            state = (state * 1664525) + 1013904223;
            // Bursts of noise in near silence: the hardest thing to see coming.
            samples[i] = (int)state / 2147483648f * (i / 3000 % 3 == 0 ? 0.9f : 0.01f);
        }

        var limiter = new TruePeakLimiter(samples, 2, 44100, gain, Ceiling);
        var output = new float[samples.Length];
        for (var i = 0; i < samples.Length; i += 2)
        {
            var factor = limiter.Next();
            Assert.InRange(factor, 0, gain + 1e-4);
            (output[i], output[i + 1]) = (samples[i] * factor, samples[i + 1] * factor);
        }

        Assert.InRange(output.Max(Math.Abs), 0.1f, Ceiling * 1.0001f);
        Assert.InRange(TruePeak.Of(output, 2), 0.1f, Ceiling * 1.03f);
    }

    [Fact]
    public void The_limiter_leaves_alone_what_is_below()
    {
        var samples = Sine(44100, 440, -12, 1);
        var limiter = new TruePeakLimiter(samples, 2, 44100, 1, 0.9);

        for (var i = 0; i < samples.Length; i += 2)
            Assert.Equal(1f, limiter.Next());
    }

    private static float[] Sine(int rate, double hertz, double db, double seconds)
    {
        var samples = new float[(int)(seconds * rate) * 2];
        for (var i = 0; i < samples.Length; i++)
            samples[i] = (float)(Math.Pow(10, db / 20) * Math.Sin(2 * Math.PI * hertz * (i / 2) / rate));
        return samples;
    }
}
