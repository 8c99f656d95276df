using System.Runtime.CompilerServices;

namespace MusicGen.Infrastructure.Inference.Composer.Synthesis;

/// <summary>Distortion, chorus, tremolo and filters of one part, in that order, in place.</summary>
internal sealed class ChannelStrip
{
    private readonly Channel _channel;
    private readonly Filter _lowCut;
    private readonly Filter _highCut;
    private readonly float[] _delayLeft;
    private readonly float[] _delayRight;
    private readonly double _rate;
    private int _at;
    private double _lastLeft;
    private double _lastRight;
    private long _time;

    public ChannelStrip(Channel channel, int sampleRate)
    {
        _channel = channel;
        _rate = sampleRate;
        _lowCut = Filter.HighPass(channel.LowCut, sampleRate);
        _highCut = Filter.LowPass(Math.Min(channel.HighCut, sampleRate * 0.45), sampleRate);
        var length = channel.Chorus > 0 ? (int)(0.03 * sampleRate) : 0;
        _delayLeft = new float[length];
        _delayRight = new float[length];
    }

    public void Process(Span<float> left, Span<float> right)
    {
        if (_channel.Drive > 0)
        {
            Distort(left, ref _lastLeft);
            Distort(right, ref _lastRight);
        }

        if (_channel.Chorus > 0)
            Chorus(left, right);
        if (_channel.Tremolo > 0)
            Tremolo(left, right);
        _lowCut.Process(left, right);
        if (_channel.HighCut < 15000)
            _highCut.Process(left, right);
        _time += left.Length;
    }

    /// <summary>
    /// tanh by the slope of its antiderivative between neighbouring samples, which keeps the aliasing of the new
    /// harmonics down (Parker, Zavalishin, Le Bivic, DAFx 2016).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Distort(Span<float> x, ref double last)
    {
        var drive = _channel.Drive;
        var makeUp = 0.9 / Math.Sqrt(drive);
        var before = Antiderivative(last);
        for (var i = 0; i < x.Length; i++)
        {
            var now = x[i] * drive;
            var area = Antiderivative(now);
            var step = now - last;
            x[i] = (float)(makeUp * (Math.Abs(step) > 1e-4 ? (area - before) / step : Math.Tanh((now + last) / 2)));
            (last, before) = (now, area);
        }
    }

    private static double Antiderivative(double x)
    {
        var size = Math.Abs(x);
        return size - 0.6931471805599453 + Math.Log(1 + Math.Exp(-2 * size));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Chorus(Span<float> left, Span<float> right)
    {
        var length = _delayLeft.Length;
        var depth = _channel.Chorus * 0.001 * _rate;
        var (swing, step) = Swing(0.63, left.Length);
        for (var i = 0; i < left.Length; i++, swing += step)
        {
            _delayLeft[_at] = left[i];
            _delayRight[_at] = right[i];
            left[i] = (0.75f * left[i]) + (0.5f * Tap(_delayLeft, length, (0.009 * _rate) + (depth * swing)));
            right[i] = (0.75f * right[i]) + (0.5f * Tap(_delayRight, length, (0.011 * _rate) - (depth * swing)));
            _at = _at + 1 == length ? 0 : _at + 1;
        }
    }

    private float Tap(float[] line, int length, double delay)
    {
        var position = _at - delay;
        if (position < 0)
            position += length;
        var index = (int)position;
        var next = index + 1 == length ? 0 : index + 1;
        return line[index] + ((float)(position - index) * (line[next] - line[index]));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Tremolo(Span<float> left, Span<float> right)
    {
        var (swing, step) = Swing(4.6, left.Length);
        for (var i = 0; i < left.Length; i++, swing += step)
        {
            var depth = (float)(_channel.Tremolo * swing);
            left[i] *= 1 + depth;
            right[i] *= 1 - depth;
        }
    }

    /// <summary>A slow sine as a straight line through a block, which is a small part of its period.</summary>
    private (double Start, double Step) Swing(double hertz, int length)
    {
        var start = Math.Sin(2 * Math.PI * hertz * _time / _rate);
        var end = Math.Sin(2 * Math.PI * hertz * (_time + length) / _rate);
        return (start, (end - start) / length);
    }
}
