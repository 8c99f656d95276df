using System.Diagnostics;
using MusicGen.Application.Generations;
using MusicGen.Application.Pipeline;

namespace MusicGen.Infrastructure.Inference.Composer;

/// <summary>
/// The embedded engine: words to a plan, plan to a score, score to sound. It needs no weights and is not a network,
/// and says both. The same request gives the same samples, whatever runs beside it.
/// </summary>
internal sealed class ComposerEngine : IMusicEngine
{
    public const string Id = "embedded-composer";
    public const int DefaultSampleRate = 44100;

    /// <summary>Raised whenever the same request gives other notes or another sound; a test holds fixed pieces against it.</summary>
    public const int Version = 2;

    /// <summary>How often a trace hears of steps.</summary>
    private const int StepsTold = 50;

    public IReadOnlyList<MusicModel> Models { get; } =
    [
        new MusicModel(
            Id, Id, Neural: false, SampleRates: [DefaultSampleRate, 32000], Rendering.Channels, MaxSeconds: 300, Licence: "MIT", Loaded: true,
            Supports:
            [
                "prompt", "duration", "seed", "genre", "mood", "tempo", "key", "instruments", "sample_rate", "normalize", "negative_prompt",
                "continue_from", "melody_from",
            ])
        {
            EngineVersion = Version,
        },
    ];

    // Seconds of computing would keep a thread of the pool from its short work; a thread of its own does not.
    public Task<AudioClip> GenerateAsync(MusicModel model, MusicRequest request, IProgress<StepsDone> progress, CancellationToken ct) => Task.Factory.StartNew(
        () => Generate(request, progress, ct), ct, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);

    /// <summary>Makes the music and gives it out in blocks as they are finished; memory doesn't grow with the samples.</summary>
    /// <param name="request">What to make.</param>
    /// <param name="open">Hears the sample rate and the frames before the first block, and answers who takes the blocks, interleaved stereo.</param>
    /// <param name="progress">Hears of every step.</param>
    /// <param name="ct">Stops within a step.</param>
    /// <returns>The words that were understood.</returns>
    /// <exception cref="MusicGenerationException">The length can't be made.</exception>
    public static IReadOnlyList<string> Stream(
        MusicRequest request, Func<int, long, Action<ReadOnlySpan<float>>> open, IProgress<StepsDone> progress, CancellationToken ct)
    {
        var sampleRate = request.SampleRate ?? DefaultSampleRate;
        var frames = Rendering.FramesOf(request, sampleRate);
        if (frames is < 1 or > int.MaxValue / 2)
            throw new MusicGenerationException("This length can't be made in one piece.");
        return Render(request, sampleRate, open(sampleRate, frames), null, progress, ct);
    }

    private static AudioClip Generate(MusicRequest request, IProgress<StepsDone> progress, CancellationToken ct)
    {
        var sampleRate = request.SampleRate ?? DefaultSampleRate;
        var frames = Rendering.FramesOf(request, sampleRate);
        if (frames < 1 || frames * Rendering.Channels > Array.MaxLength)
            throw new MusicGenerationException("This length can't be made in one piece.");

        var samples = new float[frames * Rendering.Channels];
        var at = 0;
        // Blocks are given out behind where they are read, so one array holds both.
        void Take(ReadOnlySpan<float> block)
        {
            block.CopyTo(samples.AsSpan(at));
            at += block.Length;
            request.Listener?.Hear(block);
        }

        request.Listener?.Begin(sampleRate, Rendering.Channels, frames);
        var understood = Render(request, sampleRate, Take, samples, progress, ct);
        return new AudioClip(samples, sampleRate, Rendering.Channels, understood);
    }

    private static IReadOnlyList<string> Render(
        MusicRequest request, int sampleRate, Action<ReadOnlySpan<float>> take, float[]? keep, IProgress<StepsDone> progress, CancellationToken ct)
    {
        var total = 1 + Rendering.StepsOf(request, sampleRate);
        var done = 0;
        void Step()
        {
            ct.ThrowIfCancellationRequested();
            progress.Report(new StepsDone(done++, total));
            if (done % StepsTold == 0)
                Activity.Current?.AddEvent(new ActivityEvent("steps", tags: new() { ["done"] = done, ["total"] = total }));
        }

        Step();
        Piece piece;
        using (Telemetry.Source.StartActivity("engine.write"))
            piece = Piece.Write(request);
        using var span = Telemetry.Source.StartActivity("engine.render");
        new Rendering(piece, request, sampleRate, Step, ct.ThrowIfCancellationRequested).Run(take, keep);
        progress.Report(new StepsDone(total, total));
        return piece.Plan.Understood;
    }
}
