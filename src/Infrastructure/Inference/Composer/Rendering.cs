using MusicGen.Application.Generations;
using MusicGen.Infrastructure.Inference.Audio;
using MusicGen.Infrastructure.Inference.Composer.Synthesis;

namespace MusicGen.Infrastructure.Inference.Composer;

/// <summary>
/// A piece becoming sound in two passes: first it is rendered and measured, then it is given out at its level, because the
/// level is that of the whole. In between the samples lie in the caller's array or on disk, so memory needn't grow with the
/// length. A piece that keeps the level it has is given out as it is rendered.
/// </summary>
internal sealed class Rendering
{
    public const int Channels = 2;

    // About half a second of sound a step: far less than a tenth of a second of work.
    private const int StepsPerSecond = 2;
    private const double PeakDb = -1;

    // Meters differ in their interpolation by some tenths of a decibel; -1 dBTP must hold for all of them.
    private const double CeilingDb = -1.6;

    // What is foretold of the limiter is heard once or twice more, until it is this near.
    private const double NearDb = 0.2;
    private const int MostHearings = 2;

    private readonly Piece _piece;
    private readonly Normalization _normalize;
    private readonly int _sampleRate;
    private readonly int _frames;
    private readonly Action _step;
    private readonly Action _stop;

    /// <param name="piece">What to play.</param>
    /// <param name="request">Its level and length.</param>
    /// <param name="sampleRate">In hertz.</param>
    /// <param name="step">Called before each step; stops the work by throwing.</param>
    /// <param name="stop">Called between steps; stops the work by throwing.</param>
    public Rendering(Piece piece, MusicRequest request, int sampleRate, Action step, Action stop)
    {
        (_piece, _normalize, _sampleRate, _step, _stop) = (piece, request.Normalize, sampleRate, step, stop);
        _frames = (int)FramesOf(request, sampleRate);
    }

    /// <summary>The samples of one channel that a request asks for.</summary>
    public static long FramesOf(MusicRequest request, int sampleRate) => (long)Math.Round(request.Seconds * sampleRate, MidpointRounding.ToEven);

    /// <summary>Steps that all passes take together.</summary>
    public static int StepsOf(MusicRequest request, int sampleRate) =>
        (request.Normalize == Normalization.None ? 1 : 2) * (int)((FramesOf(request, sampleRate) + StepFrames(sampleRate) - 1) / StepFrames(sampleRate));

    /// <summary>Renders and gives out all blocks in order.</summary>
    /// <param name="take">Gets each block, interleaved; it is overwritten afterwards.</param>
    /// <param name="keep">Room for all samples of the piece, interleaved; null to use the disk.</param>
    public void Run(Action<ReadOnlySpan<float>> take, float[]? keep = null)
    {
        var first = new Renderer(_piece.Plan, _piece.Score, _sampleRate, _frames);
        var block = new float[Renderer.Block * Channels];
        if (_normalize == Normalization.None)
        {
            Each(count =>
            {
                first.Next(block.AsSpan(0, count));
                take(block.AsSpan(0, count));
            });
            return;
        }

        using var scratch = keep is null ? new Scratch() : null;
        var curve = new LevelCurve(_sampleRate, Channels);
        Each(count =>
        {
            var at = keep is null ? block.AsSpan(0, count) : keep.AsSpan(_given, count);
            first.Next(at);
            curve.Add(at);
            scratch?.Write(at);
        });

        var gain = _normalize switch
        {
            Normalization.Loudness => curve.GainFor(Mastering.TargetLufs, ToFactor(CeilingDb)),
            Normalization.Peak when curve.SamplePeak > 0 => ToFactor(PeakDb) / curve.SamplePeak,
            _ => 1,
        };
        if (_normalize == Normalization.Loudness)
            gain = Corrected(gain, () => Source(keep, scratch));
        var source = Source(keep, scratch);
        // A ceiling far above everything is none.
        var ceiling = _normalize == Normalization.Loudness ? ToFactor(CeilingDb) : 1e6;
        var limited = new LimitedStream(source, Renderer.Block, _frames, Channels, _sampleRate, gain, ceiling);
        Each(count =>
        {
            limited.Next(block.AsSpan(0, count));
            take(block.AsSpan(0, count));
        });
    }

    private int _given;

    /// <summary>The gain after hearing what the limiter really leaves.</summary>
    private double Corrected(double gain, Func<Action<Span<float>>> source)
    {
        var block = new float[Renderer.Block * Channels];
        for (var hearing = 0; hearing < MostHearings; hearing++)
        {
            var limited = new LimitedStream(source(), Renderer.Block, _frames, Channels, _sampleRate, gain, ToFactor(CeilingDb));
            var meter = new Loudness(_sampleRate, Channels);
            for (var at = 0; at < _frames; at += Renderer.Block)
            {
                if (at % (Renderer.Block * 1024) == 0)
                    _stop();
                var span = block.AsSpan(0, Math.Min(Renderer.Block, _frames - at) * Channels);
                limited.Next(span);
                meter.Add(span);
            }

            var missing = Mastering.TargetLufs - meter.Integrated();
            if (!double.IsFinite(missing) || Math.Abs(missing) < NearDb)
                break;
            gain *= ToFactor(missing);
        }

        return gain;
    }

    /// <summary>The samples of the first pass, from the first one on.</summary>
    private static Action<Span<float>> Source(float[]? kept, Scratch? scratch)
    {
        if (kept is not null)
            return From(kept);
        scratch!.Rewind();
        return scratch.Read;
    }

    // Whole blocks: envelopes move by blocks, and the mix must be cut where the stems and a continuation are.
    private static int StepFrames(int sampleRate) => sampleRate / StepsPerSecond / Renderer.Block * Renderer.Block;

    private void Each(Action<int> work)
    {
        _given = 0;
        var stepFrames = StepFrames(_sampleRate);
        for (var from = 0; from < _frames; from += stepFrames)
        {
            _step();
            var to = Math.Min(_frames, from + stepFrames);
            for (var at = from; at < to; at += Renderer.Block)
            {
                _given = at * Channels;
                work(Math.Min(Renderer.Block, to - at) * Channels);
            }
        }
    }

    private static Action<Span<float>> From(float[] samples)
    {
        var at = 0;
        return span =>
        {
            samples.AsSpan(at, span.Length).CopyTo(span);
            at += span.Length;
        };
    }

    private static double ToFactor(double db) => Math.Pow(10, db / 20);
}
