using System.Runtime.CompilerServices;
using MusicGen.Infrastructure.Inference.Composer.Language;
using MusicGen.Infrastructure.Inference.Composer.Planning;
using MusicGen.Infrastructure.Inference.Composer.Scoring;

namespace MusicGen.Infrastructure.Inference.Composer.Synthesis;

/// <summary>Mixes all parts of a score, block by block; its memory doesn't grow with the length of the piece.</summary>
internal sealed class Renderer
{
    /// <summary>Frames in one block at most.</summary>
    public const int Block = 256;

    private readonly PartPlayer[] _players;
    private readonly Reverb _reverb;
    private readonly Echo _echo;
    private readonly BusCompressor? _compressor;
    private readonly Filter _lowCut;
    private readonly Filter _tilt;
    private readonly long _frames;
    private readonly long _fadeFrames;
    private readonly float[][] _buffers = new float[8][];
    private long _frame;

    /// <param name="plan">Tempo, room and brightness.</param>
    /// <param name="score">What is played.</param>
    /// <param name="sampleRate">In hertz.</param>
    /// <param name="frames">Length of the whole piece.</param>
    /// <param name="alone">The number of a part to be heard alone, before the bus compressor; null for the mix.</param>
    public Renderer(Plan plan, Score score, int sampleRate, long frames, int? alone = null)
    {
        _frames = frames;
        _players = [.. score.Parts.Select((part, i) => (Part: part, Index: i)).Where(p => alone is null || p.Index == alone).Select(p => new PartPlayer(p.Part, plan, p.Index, sampleRate))];
        _reverb = new Reverb(0.8 + (2.6 * plan.Character.Space), sampleRate);
        // Three sixteenths, brought into a range where it is an echo.
        var echo = plan.SecondsPerBeat * 0.75;
        _echo = new Echo(echo > 0.6 ? echo / 2 : echo, sampleRate);
        // What is alone stays linear, so that all parts add up to the mix.
        _compressor = alone is null ? new BusCompressor(sampleRate) : null;
        _lowCut = Filter.HighPass(24, sampleRate);
        _tilt = Filter.HighShelf(2200, 6 * plan.Character.Brightness, sampleRate);
        var fade = plan.Wishes.Contains(FormWish.FadeOut) ? plan.Seconds * 0.22 : Math.Min(1.2, plan.Seconds * 0.12);
        _fadeFrames = Math.Max(1, (long)(fade * sampleRate));
        for (var b = 0; b < _buffers.Length; b++)
            _buffers[b] = new float[Block];
    }

    /// <summary>Writes the next frames.</summary>
    /// <param name="output">Interleaved stereo, at most <see cref="Block"/> frames.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Next(Span<float> output)
    {
        var count = output.Length / 2;
        var left = _buffers[0].AsSpan(0, count);
        var right = _buffers[1].AsSpan(0, count);
        var mixLeft = Cleared(2, count);
        var mixRight = Cleared(3, count);
        var roomLeft = Cleared(4, count);
        var roomRight = Cleared(5, count);
        var echoLeft = Cleared(6, count);
        var echoRight = Cleared(7, count);
        foreach (var player in _players)
        {
            player.Render(_frame, left, right);
            Blocks.Add(left, player.Gain, mixLeft);
            Blocks.Add(right, player.Gain, mixRight);
            Blocks.Add(left, player.Reverb, roomLeft);
            Blocks.Add(right, player.Reverb, roomRight);
            Blocks.Add(left, player.Echo, echoLeft);
            Blocks.Add(right, player.Echo, echoRight);
        }

        _echo.Process(echoLeft, echoRight, mixLeft, mixRight);
        _reverb.Process(roomLeft, roomRight, mixLeft, mixRight);
        _lowCut.Process(mixLeft, mixRight);
        _tilt.Process(mixLeft, mixRight);
        _compressor?.Process(mixLeft, mixRight);
        for (var i = 0; i < count; i++)
        {
            var fade = Fade(_frame + i);
            output[2 * i] = mixLeft[i] * fade;
            output[(2 * i) + 1] = mixRight[i] * fade;
        }

        _frame += count;
    }

    /// <summary>What still rings at the end goes to nothing with it.</summary>
    private float Fade(long frame)
    {
        var left = _frames - 1 - frame;
        if (left >= _fadeFrames)
            return 1;
        var x = (float)left / _fadeFrames;
        return x * x * (3 - (2 * x));
    }

    private Span<float> Cleared(int buffer, int count)
    {
        var span = _buffers[buffer].AsSpan(0, count);
        span.Clear();
        return span;
    }
}
