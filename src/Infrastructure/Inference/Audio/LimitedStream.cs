using System.Runtime.CompilerServices;

namespace MusicGen.Infrastructure.Inference.Audio;

/// <summary>A sound at another gain under a true-peak ceiling, block by block: it reads a little ahead of what it gives.</summary>
internal sealed class LimitedStream
{
    private const int Room = 4096;
    private readonly Action<Span<float>> _source;
    private readonly int _blockFrames;
    private readonly int _frames;
    private readonly int _channels;
    private readonly int _ahead;
    private readonly float[] _window;
    private readonly TruePeakLimiter _limiter;
    private int _first;
    private int _filled;
    private int _at;

    /// <param name="source">Fills the next frames, asked in order and never for more than the sound has.</param>
    /// <param name="blockFrames">Frames that the source is asked for at once, but for the last time.</param>
    /// <param name="frames">Length of the sound.</param>
    /// <param name="channels">1 or more.</param>
    /// <param name="sampleRate">In hertz.</param>
    /// <param name="gain">Factor before the ceiling.</param>
    /// <param name="ceiling">Highest true peak, linear.</param>
    public LimitedStream(Action<Span<float>> source, int blockFrames, int frames, int channels, int sampleRate, double gain, double ceiling)
    {
        (_source, _blockFrames, _frames, _channels) = (source, blockFrames, frames, channels);
        _ahead = TruePeakLimiter.WindowOf(sampleRate) + TruePeakLimiter.Chunk + TruePeak.Reach;
        _window = new float[(TruePeakLimiter.Chunk + TruePeak.Reach + Room + _ahead + blockFrames) * channels];
        _limiter = new TruePeakLimiter(_window, channels, sampleRate, gain, ceiling);
    }

    /// <summary>Writes the next frames.</summary>
    /// <param name="output">Interleaved; at most 4096 frames.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Next(Span<float> output)
    {
        var count = output.Length / _channels;
        Fill(_at + count + _ahead);
        for (var i = 0; i < count; i++)
        {
            var gain = _limiter.Next();
            var from = (_at - _first + i) * _channels;
            for (var c = 0; c < _channels; c++)
                output[(i * _channels) + c] = _window[from + c] * gain;
        }

        _at += count;
    }

    private void Fill(int wanted)
    {
        // Behind the next frame to be given stays what a chunk and the interpolation around it may read.
        var keep = Math.Max(0, _at - TruePeakLimiter.Chunk - TruePeak.Reach);
        if (keep > _first)
        {
            _window.AsSpan((keep - _first) * _channels, (_filled - (keep - _first)) * _channels).CopyTo(_window);
            _filled -= keep - _first;
            _first = keep;
        }

        wanted = Math.Min(wanted, _frames);
        while (_first + _filled < wanted)
        {
            var block = Math.Min(_blockFrames, _frames - _first - _filled);
            _source(_window.AsSpan(_filled * _channels, block * _channels));
            _filled += block;
        }

        _limiter.Look(_first, _filled, _frames);
    }
}
