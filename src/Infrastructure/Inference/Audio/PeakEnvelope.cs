namespace MusicGen.Infrastructure.Inference.Audio;

/// <summary>The outline of a sound, for drawing.</summary>
internal static class PeakEnvelope
{
    /// <summary>The lowest and highest sample of each of <paramref name="points"/> equal stretches, all channels together.</summary>
    /// <param name="samples">Interleaved, [frames × channels].</param>
    /// <param name="channels">1 or more.</param>
    /// <param name="points">How many stretches; a sound of fewer frames repeats some.</param>
    public static (float Min, float Max)[] Of(ReadOnlySpan<float> samples, int channels, int points)
    {
        var frames = samples.Length / channels;
        var peaks = new (float Min, float Max)[points];
        for (var p = 0; p < points && frames > 0; p++)
        {
            var from = (int)((long)p * frames / points);
            var to = Math.Max(from + 1, (int)((long)(p + 1) * frames / points));
            var (min, max) = (float.MaxValue, float.MinValue);
            foreach (var x in samples[(from * channels)..(to * channels)])
            {
                min = Math.Min(min, x);
                max = Math.Max(max, x);
            }

            peaks[p] = (min, max);
        }

        return peaks;
    }
}
