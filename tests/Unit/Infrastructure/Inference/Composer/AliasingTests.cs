using MusicGen.Domain.Generations;
using MusicGen.Infrastructure.Inference.Composer.Synthesis;

namespace MusicGen.Unit.Infrastructure.Inference.Composer;

/// <summary>A tone has its own harmonics and nothing that folds back from above the band.</summary>
public sealed class AliasingTests
{
    private const int Rate = 32000;
    private const int Size = 32768;

    public static TheoryData<string> Held => [.. MusicVocabulary.Instruments.Where(i => Instruments.Of(i) is Sustained)];

    [Theory, MemberData(nameof(Held))]
    public void A_held_tone_has_only_its_harmonics(string instrument)
    {
        var patch = ((Sustained)Instruments.Of(instrument)).Patch with { Vibrato = 0, Breath = 0, Unison = 1, Attack = 0.001, Decay = 0.001 };
        // A high note, whose harmonics would fold first.
        var note = new VoiceNote(89, 1, Rate * 4, Rate, 0, 1, 7);
        var voice = new SustainedVoice(note, patch, Wavetable.Make(patch.Soft, patch.Loud, note.Frequency, Rate));

        var (left, right) = (new float[Size * 2], new float[Size * 2]);
        for (var at = 0; at < left.Length; at += Renderer.Block)
            voice.Render(left.AsSpan(at, Renderer.Block), right.AsSpan(at, Renderer.Block));

        Assert.InRange(OutsideDb(left[Size..], note.Frequency), -200, -55);
    }

    [Theory]
    [InlineData("distorted guitar", -38), InlineData("electric guitar", -55)]
    public void Distortion_folds_little_back(string instrument, double mostDb)
    {
        var hertz = Math.Round(660.0 * Size / Rate) * Rate / Size;
        var strip = new ChannelStrip(Instruments.Of(instrument).Channel with { Chorus = 0, Tremolo = 0 }, Rate);
        var left = new float[Size * 2];
        for (var i = 0; i < left.Length; i++)
            left[i] = 0.3f * (float)Math.Sin(2 * Math.PI * hertz * i / Rate);
        var right = (float[])left.Clone();

        strip.Process(left, right);

        Assert.InRange(OutsideDb(left[Size..], hertz), -200, mostDb);
    }

    /// <summary>Energy away from the harmonics over the energy at them, in decibels.</summary>
    private static double OutsideDb(float[] sound, double hertz)
    {
        var (at, outside) = (1e-20, 1e-20);
        foreach (var (bin, power) in Powers(sound).Index())
        {
            var harmonic = bin * Rate / (double)Size / hertz;
            if (Math.Abs(harmonic - Math.Round(harmonic)) * hertz < 12 && harmonic > 0.5)
                at += power;
            else
                outside += power;
        }

        return 10 * Math.Log10(outside / at);
    }

    // Under a Blackman-Harris window, whose own leakage lies at -92 dB.
    private static double[] Powers(float[] sound)
    {
        var x = new System.Numerics.Complex[Size];
        for (var i = 0; i < Size; i++)
        {
            var t = 2 * Math.PI * i / Size;
            x[i] = sound[i] * (0.35875 - (0.48829 * Math.Cos(t)) + (0.14128 * Math.Cos(2 * t)) - (0.01168 * Math.Cos(3 * t)));
        }

        Transform(x);
        return [.. x.Take(Size / 2).Select(c => (c.Real * c.Real) + (c.Imaginary * c.Imaginary))];
    }

    private static void Transform(Span<System.Numerics.Complex> x)
    {
        if (x.Length == 1)
            return;
        var half = x.Length / 2;
        var (even, odd) = (new System.Numerics.Complex[half], new System.Numerics.Complex[half]);
        for (var i = 0; i < half; i++)
            (even[i], odd[i]) = (x[2 * i], x[(2 * i) + 1]);
        Transform(even);
        Transform(odd);
        for (var i = 0; i < half; i++)
        {
            var turned = odd[i] * System.Numerics.Complex.FromPolarCoordinates(1, -2 * Math.PI * i / x.Length);
            (x[i], x[i + half]) = (even[i] + turned, even[i] - turned);
        }
    }
}
