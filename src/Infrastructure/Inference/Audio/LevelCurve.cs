using System.Runtime.CompilerServices;

namespace MusicGen.Infrastructure.Inference.Audio;

/// <summary>
/// What must be known of a sound to set its level without keeping it: the loudness of each tenth of a second, and the peak
/// of each 64 frames. From these the loudness behind a limiter is foretold, so that one pass can measure and the next write.
/// </summary>
internal sealed class LevelCurve(int sampleRate, int channels)
{
    private const int Chunk = 64;
    private const int Passes = 12;

    // Further below the highest peak than this a limiter hardly reaches, and the peak between the samples need not be known.
    private const float Near = 0.5f;

    private readonly Loudness _loudness = new(sampleRate, channels);
    private readonly List<float> _peaks = [];
    private readonly float[] _tail = new float[(Chunk + (2 * TruePeak.Reach)) * channels];
    private int _filled;
    private float _highest;

    /// <summary>The largest sample so far, absolute.</summary>
    public float SamplePeak { get; private set; }

    /// <summary>Hears more of the sound.</summary>
    /// <param name="samples">Interleaved, whole frames.</param>
    public void Add(ReadOnlySpan<float> samples)
    {
        _loudness.Add(samples);
        while (!samples.IsEmpty)
        {
            var count = Math.Min(samples.Length, _tail.Length - _filled);
            samples[..count].CopyTo(_tail.AsSpan(_filled));
            _filled += count;
            samples = samples[count..];
            if (_filled < _tail.Length)
                break;
            AddChunk();
            // What lies around the next chunk stays.
            _tail.AsSpan(Chunk * channels).CopyTo(_tail);
            _filled -= Chunk * channels;
        }
    }

    /// <summary>The gain that brings a sound behind a limiter to a loudness; 1 for silence.</summary>
    /// <param name="targetLufs">Wanted.</param>
    /// <param name="ceiling">Of the limiter, linear.</param>
    public double GainFor(double targetLufs, double ceiling)
    {
        while (_filled > 2 * TruePeak.Reach * channels)
        {
            _tail.AsSpan(_filled).Clear();
            AddChunk();
            _tail.AsSpan(Chunk * channels).CopyTo(_tail);
            _filled -= Chunk * channels;
        }

        var loudness = _loudness.Integrated();
        if (double.IsNegativeInfinity(loudness))
            return 1;
        var gainDb = targetLufs - loudness;
        for (var pass = 0; pass < Passes; pass++)
        {
            var missing = targetLufs - Foretold(Math.Pow(10, gainDb / 20), ceiling);
            gainDb += missing;
            if (Math.Abs(missing) < 0.005)
                break;
        }

        return Math.Pow(10, gainDb / 20);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AddChunk()
    {
        var inner = _tail.AsSpan(TruePeak.Reach * channels, Chunk * channels);
        var peak = 0f;
        foreach (var x in inner)
            peak = Math.Max(peak, Math.Abs(x));
        SamplePeak = Math.Max(SamplePeak, peak);
        if (peak > _highest * Near)
        {
            for (var i = 0; i < Chunk; i++)
                peak = Math.Max(peak, TruePeak.At(_tail, channels, TruePeak.Reach + i));
        }

        _highest = Math.Max(_highest, peak);
        _peaks.Add(peak);
    }

    /// <summary>Loudness behind the limiter, whose gain is followed in steps of a chunk.</summary>
    private double Foretold(double gain, double ceiling)
    {
        var release = 1 - Math.Exp(-Chunk / (TruePeakLimiter.ReleaseSeconds * sampleRate));
        var ahead = (TruePeakLimiter.WindowOf(sampleRate) + Chunk - 1) / Chunk;
        var needed = new double[_peaks.Count];
        var recovering = 1.0;
        for (var c = 0; c < needed.Length; c++)
        {
            recovering = Math.Min(ceiling / Math.Max(ceiling, gain * _peaks[c]), recovering + ((1 - recovering) * release));
            needed[c] = recovering;
        }

        var framesPerHop = Math.Max(1, sampleRate / 10);
        var sums = new double[_loudness.Hops.Count + 1];
        var counts = new int[sums.Length];
        for (var c = 0; c < needed.Length; c++)
        {
            var factor = 0.0;
            for (var a = 0; a < ahead; a++)
                factor += Least(needed, c - a, ahead) / ahead;
            var hop = Math.Min(sums.Length - 1, (int)((long)c * Chunk / framesPerHop));
            sums[hop] += factor * factor;
            counts[hop]++;
        }

        return _loudness.Integrated(hop => gain * gain * (counts[hop] == 0 ? 1 : sums[hop] / counts[hop]));
    }

    private static double Least(double[] needed, int from, int count)
    {
        var least = 1.0;
        for (var i = Math.Max(0, from); i < Math.Min(needed.Length, from + count); i++)
            least = Math.Min(least, needed[i]);
        return least;
    }
}
