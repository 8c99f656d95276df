using System.Runtime.CompilerServices;

namespace MusicGen.Infrastructure.Inference.Composer.Synthesis;

/// <summary>
/// Holds the mix together: 2:1 above the threshold on the loudness of both channels, slow enough not to pump; then a
/// soft ceiling that music at its usual level never reaches.
/// </summary>
internal sealed class BusCompressor(int sampleRate)
{
    private const double ThresholdDb = -17;
    private const double Ratio = 2;
    private const int Step = 16;
    private const float Knee = 0.75f;
    private readonly double _mean = 1 - Math.Exp(-Step / (0.03 * sampleRate));
    private readonly double _attack = 1 - Math.Exp(-Step / (0.02 * sampleRate));
    private readonly double _release = 1 - Math.Exp(-Step / (0.22 * sampleRate));
    private double _power;
    private double _reduction;
    private float _gain = 1;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Process(Span<float> left, Span<float> right)
    {
        for (var from = 0; from < left.Length; from += Step)
        {
            var to = Math.Min(left.Length, from + Step);
            var power = 0f;
            for (var i = from; i < to; i++)
                power += (left[i] * left[i]) + (right[i] * right[i]);
            _power += ((power / (to - from)) - _power) * _mean;
            var over = (10 * Math.Log10(_power + 1e-12)) - ThresholdDb;
            // Six decibels of knee, or the onset of compression could be heard.
            var target = over <= -3 ? 0 : over >= 3 ? over : (over + 3) * (over + 3) / 12;
            target *= 1 - (1 / Ratio);
            _reduction += (target - _reduction) * (target > _reduction ? _attack : _release);
            var gain = (float)Math.Pow(10, -_reduction / 20);
            var slope = (gain - _gain) / (to - from);
            for (var i = from; i < to; i++)
            {
                _gain += slope;
                left[i] = Soften(left[i] * _gain);
                right[i] = Soften(right[i] * _gain);
            }

            _gain = gain;
        }
    }

    private static float Soften(float x)
    {
        var size = Math.Abs(x);
        if (size <= Knee)
            return x;
        var soft = Knee + ((1 - Knee) * MathF.Tanh((size - Knee) / (1 - Knee)));
        return x < 0 ? -soft : soft;
    }
}
