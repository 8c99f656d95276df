using MusicGen.Application.Generations;
using MusicGen.Infrastructure.Inference.Audio;
using MusicGen.Infrastructure.Inference.Composer.Planning;
using MusicGen.Infrastructure.Inference.Composer.Scoring;
using MusicGen.Infrastructure.Inference.Composer.Synthesis;

namespace MusicGen.Infrastructure.Inference.Composer;

/// <summary>
/// The embedded engine: words to a plan, plan to a score, score to sound. It needs no weights and is not a network,
/// and says both. The same request gives the same samples, whatever runs beside it.
/// </summary>
internal sealed class ComposerEngine : IMusicEngine
{
    public const string Id = "embedded-composer";
    private const int Channels = 2;

    // Half a second of sound a step: far less than a tenth of a second of work.
    private const int StepsPerSecond = 2;

    public IReadOnlyList<MusicModel> Models { get; } =
    [
        new MusicModel(
            Id, Id, Neural: false, SampleRates: [44100, 32000], Channels, MaxSeconds: 300, Licence: "MIT", Loaded: true,
            Supports: ["prompt", "duration", "seed", "genre", "mood", "tempo", "key", "instruments", "sample_rate", "normalize", "negative_prompt"]),
    ];

    // Seconds of computing would keep a thread of the pool from its short work; a thread of its own does not.
    public Task<AudioClip> GenerateAsync(MusicModel model, MusicRequest request, IProgress<StepsDone> progress, CancellationToken ct) => Task.Factory.StartNew(
        () => Generate(model, request, progress, ct), ct, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);

    private static AudioClip Generate(MusicModel model, MusicRequest request, IProgress<StepsDone> progress, CancellationToken ct)
    {
        var sampleRate = request.SampleRate ?? model.SampleRates[0];
        var frames = (long)Math.Round(request.Seconds * sampleRate, MidpointRounding.ToEven);
        if (frames < 1 || frames * Channels > Array.MaxLength)
            throw new MusicGenerationException("This length can't be made in one piece.");

        var samples = new float[frames * Channels];
        var mastering = new Mastering(samples, sampleRate, Channels);
        var stepFrames = sampleRate / StepsPerSecond;
        var total = 1 + (int)((frames + stepFrames - 1) / stepFrames) + Mastering.Steps(request.Normalize, (int)frames, sampleRate);
        var done = 0;
        void Step()
        {
            ct.ThrowIfCancellationRequested();
            progress.Report(new StepsDone(done++, total));
        }

        Step();
        var plan = Planner.Plan(request);
        var renderer = new Renderer(plan, Composition.Write(plan), sampleRate, frames);
        var meter = new Loudness(sampleRate, Channels);
        for (var from = 0L; from < frames; from += stepFrames)
        {
            Step();
            var to = Math.Min(frames, from + stepFrames);
            for (var at = from; at < to; at += Renderer.Block)
            {
                var block = samples.AsSpan((int)(at * Channels), (int)(Math.Min(Renderer.Block, to - at) * Channels));
                renderer.Next(block);
                meter.Add(block);
            }
        }

        mastering.Apply(request.Normalize, meter.Integrated(), Step);
        progress.Report(new StepsDone(total, total));
        return new AudioClip(samples, sampleRate, Channels, plan.Understood);
    }
}
