using System.Runtime.CompilerServices;

namespace MusicGen.Infrastructure.Inference.Audio;

/// <summary>
/// Integrated loudness by ITU-R BS.1770-4: K-weighting, blocks of 400 ms that overlap by 75 %, an absolute gate at
/// -70 LUFS and a relative one 10 LU below what passed the first. Memory: one number for each 100 ms.
/// </summary>
internal sealed class Loudness
{
    private const int HopsPerBlock = 4;
    private readonly int _channels;
    private readonly int _hop;
    private readonly Biquad[] _shelf;
    private readonly Biquad[] _highPass;
    private readonly List<double> _hops = [];
    private double _sum;
    private int _filled;

    /// <param name="sampleRate">In hertz; the filters are made for it.</param>
    /// <param name="channels">1 or 2, each with weight 1.</param>
    public Loudness(int sampleRate, int channels)
    {
        _channels = channels;
        _hop = Math.Max(1, sampleRate / 10);
        _shelf = new Biquad[channels];
        _highPass = new Biquad[channels];
        for (var c = 0; c < channels; c++)
        {
            _shelf[c] = Shelf(sampleRate);
            _highPass[c] = HighPass(sampleRate);
        }
    }

    /// <summary>Loudness of a whole sound, in LUFS; negative infinity for silence.</summary>
    public static double Of(ReadOnlySpan<float> samples, int sampleRate, int channels)
    {
        var meter = new Loudness(sampleRate, channels);
        meter.Add(samples);
        return meter.Integrated();
    }

    /// <summary>Hears more of the sound.</summary>
    /// <param name="samples">Interleaved, whole frames.</param>
    public void Add(ReadOnlySpan<float> samples)
    {
        for (var at = 0; at < samples.Length;)
        {
            var count = Math.Min((samples.Length - at) / _channels, _hop - _filled);
            for (var c = 0; c < _channels; c++)
                _sum += Energy(samples[at..], count, c);
            at += count * _channels;
            _filled += count;
            if (_filled < _hop)
                continue;

            _hops.Add(_sum / _hop);
            _sum = 0;
            _filled = 0;
        }
    }

    /// <summary>Mean weighted energy of each whole tenth of a second so far.</summary>
    public IReadOnlyList<double> Hops => _hops;

    /// <summary>Loudness so far, in LUFS. A sound shorter than one block counts as one block.</summary>
    /// <param name="factor">What each tenth of a second's energy is multiplied by, its number given; null for nothing.</param>
    public double Integrated(Func<int, double>? factor = null)
    {
        var hops = factor is null ? _hops : [.. _hops.Select((energy, hop) => energy * factor(hop))];
        if (hops.Count < HopsPerBlock)
            return ToLufs((hops.Sum() + (_sum / _hop * (factor?.Invoke(hops.Count) ?? 1))) / (hops.Count + ((double)_filled / _hop)));

        var blocks = new List<double>(hops.Count);
        for (var i = 0; i + HopsPerBlock <= hops.Count; i++)
        {
            var energy = (hops[i] + hops[i + 1] + hops[i + 2] + hops[i + 3]) / HopsPerBlock;
            if (ToLufs(energy) > -70)
                blocks.Add(energy);
        }

        if (blocks.Count == 0)
            return double.NegativeInfinity;
        var gate = ToLufs(blocks.Average()) - 10;
        return ToLufs(blocks.Where(energy => ToLufs(energy) > gate).DefaultIfEmpty(0).Average());
    }

    private static double ToLufs(double energy) => energy > 0 ? -0.691 + (10 * Math.Log10(energy)) : double.NegativeInfinity;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private double Energy(ReadOnlySpan<float> samples, int count, int channel)
    {
        var (shelf, highPass) = (_shelf[channel], _highPass[channel]);
        var sum = 0.0;
        for (var i = 0; i < count; i++)
        {
            var y = highPass.Next(shelf.Next(samples[(i * _channels) + channel]));
            sum += y * y;
        }

        // The filters are values: what the loop advanced is a copy.
        (_shelf[channel], _highPass[channel]) = (shelf, highPass);
        return sum;
    }

    // The standard gives coefficients for 48 kHz only. These are the analogue parameters behind them, as found by
    // Brecht De Man, "Evaluation of implementations of the EBU R128 loudness measurement" (AES 145, 2018).
    private static Biquad Shelf(int sampleRate)
    {
        const double Q = 0.7071752369554196;
        var k = Math.Tan(Math.PI * 1681.974450955533 / sampleRate);
        var high = Math.Pow(10, 3.999843853973347 / 20);
        var band = Math.Pow(high, 0.4996667741545416);
        var norm = 1 / (1 + (k / Q) + (k * k));
        return new Biquad(
            (high + (band * k / Q) + (k * k)) * norm, 2 * ((k * k) - high) * norm, (high - (band * k / Q) + (k * k)) * norm,
            2 * ((k * k) - 1) * norm, (1 - (k / Q) + (k * k)) * norm);
    }

    private static Biquad HighPass(int sampleRate)
    {
        const double Q = 0.5003270373238773;
        var k = Math.Tan(Math.PI * 38.13547087602444 / sampleRate);
        var norm = 1 / (1 + (k / Q) + (k * k));
        return new Biquad(1, -2, 1, 2 * ((k * k) - 1) * norm, (1 - (k / Q) + (k * k)) * norm);
    }

    /// <summary>A second-order section in transposed direct form II; double, because the high-pass pole is close to 1.</summary>
    private struct Biquad(double b0, double b1, double b2, double a1, double a2)
    {
        private double _s1;
        private double _s2;

        public double Next(double x)
        {
            var y = (b0 * x) + _s1;
            _s1 = (b1 * x) - (a1 * y) + _s2;
            _s2 = (b2 * x) - (a2 * y);
            return y;
        }
    }
}
