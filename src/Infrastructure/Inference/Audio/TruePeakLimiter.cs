using System.Runtime.CompilerServices;

namespace MusicGen.Infrastructure.Inference.Audio;

/// <summary>
/// The gain that keeps a sound's true peak under a ceiling. It looks ahead: the gain needed at a peak is held over a
/// window and averaged over one of the same length, so that it arrives smoothly and exactly in time.
/// </summary>
internal sealed class TruePeakLimiter
{
    /// <summary>Frames that are looked at together for whether they are far from the ceiling.</summary>
    public const int Chunk = 64;

    public const double ReleaseSeconds = 0.08;

    private readonly float[] _samples;
    private readonly int _channels;
    private readonly float _gain;
    private readonly float _ceiling;
    private readonly int _window;
    private readonly double _release;

    // Needed gains in the window, each lower than all before it: the first is the minimum.
    private readonly (int Frame, double Gain)[] _lows;
    private readonly double[] _held;
    private int _lowFirst;
    private int _lowCount;
    private double _heldSum;
    private int _read;
    private int _frame;
    private double _recovering = 1;
    private int _chunk = -1;
    private bool _quiet;
    private int _first;
    private int _available;
    private int _total;

    /// <param name="samples">Interleaved; read ahead of the frame asked for, so frames behind it may be overwritten.</param>
    /// <param name="channels">1 or more.</param>
    /// <param name="sampleRate">In hertz.</param>
    /// <param name="gain">Factor applied before the ceiling.</param>
    /// <param name="ceiling">Highest absolute value allowed, linear.</param>
    public TruePeakLimiter(float[] samples, int channels, int sampleRate, double gain, double ceiling)
    {
        _samples = samples;
        _channels = channels;
        _gain = (float)gain;
        _ceiling = (float)ceiling;
        _window = WindowOf(sampleRate);
        _release = 1 - Math.Exp(-1 / (ReleaseSeconds * sampleRate));
        _lows = new (int, double)[_window + 1];
        _held = new double[_window];
        _available = _total = samples.Length / channels;
    }

    /// <summary>Frames that the limiter looks ahead.</summary>
    public static int WindowOf(int sampleRate) => Math.Max(2, sampleRate / 250);

    /// <summary>Says which part of a longer sound the samples are now.</summary>
    /// <param name="first">The frame of the sound that lies at their start.</param>
    /// <param name="available">How many frames are there.</param>
    /// <param name="total">Of the whole sound.</param>
    public void Look(int first, int available, int total) => (_first, _available, _total) = (first, available, total);

    /// <summary>The factor for the next frame, gain included. Call once for each frame, in order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public float Next()
    {
        while (_read < _frame + _window)
            Push(_read++);
        while (_lows[_lowFirst].Frame < _frame)
        {
            _lowFirst = (_lowFirst + 1) % _lows.Length;
            _lowCount--;
        }

        var low = _lows[_lowFirst].Gain;
        if (_frame == 0)
        {
            Array.Fill(_held, low);
            _heldSum = low * _window;
        }

        ref var oldest = ref _held[_frame % _window];
        _heldSum += low - oldest;
        oldest = low;
        _frame++;
        return _gain * (float)Math.Min(1, _heldSum / _window);
    }

    private void Push(int frame)
    {
        var needed = Needed(frame);
        _recovering = Math.Min(needed, _recovering + ((1 - _recovering) * _release));
        while (_lowCount > 0 && _lows[(_lowFirst + _lowCount - 1) % _lows.Length].Gain >= _recovering)
            _lowCount--;
        _lows[(_lowFirst + _lowCount) % _lows.Length] = (frame, _recovering);
        _lowCount++;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private double Needed(int frame)
    {
        if (frame >= _total)
            return 1;
        if (frame / Chunk != _chunk)
        {
            _chunk = frame / Chunk;
            _quiet = IsQuiet(_chunk * Chunk);
        }

        if (_quiet)
            return 1;
        var peak = TruePeak.At(_samples.AsSpan(0, _available * _channels), _channels, frame - _first) * _gain;
        return peak > _ceiling ? _ceiling / peak : 1;
    }

    /// <summary>Most of the music is far from the ceiling: one look at a stretch saves the interpolation there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool IsQuiet(int first)
    {
        first -= _first;
        var from = Math.Max(0, (long)(first - TruePeak.Reach) * _channels);
        var to = Math.Min((long)_available * _channels, (long)(first + Chunk + TruePeak.Reach) * _channels);
        var peak = 0f;
        foreach (var x in _samples.AsSpan((int)from, (int)(to - from)))
            peak = Math.Max(peak, Math.Abs(x));
        return peak * _gain * TruePeak.Bound < _ceiling;
    }
}
