using Microsoft.Extensions.Logging;
using MusicGen.Application.Generations;
using MusicGen.Infrastructure.Inference.Audio;
using MusicGen.Infrastructure.Inference.Checkpoints;
using MusicGen.Infrastructure.Inference.Sampling;
using MusicGen.Infrastructure.Inference.Text;

namespace MusicGen.Infrastructure.Inference;

/// <summary>MusicGen on libtorch: text to codes to sound, from the checkpoints of this machine.</summary>
internal sealed class TorchMusicEngine(InferenceOptions options, TimeProvider time, ILogger<TorchMusicEngine> logger) : IMusicEngine, IDisposable
{
    private const double MaxSeconds = 300;
    private const int DefaultTopK = 250;
    private const double DefaultGuidance = 3;

    private static readonly string[] Supported =
    [
        "prompt", "duration", "seed", "temperature", "top_k", "top_p", "guidance_scale", "do_sample", "negative_prompt", "genre", "mood", "tempo",
        "key", "instruments", "sample_rate", "continue_from", "normalize",
    ];

    private readonly ModelCatalogue _catalogue = new(options, time, logger);
    private readonly Lazy<(EngineProfile? Profile, string? Problem)> _profile = new(() => FindProfile(options)); // loads libtorch: only where there is a model
    private readonly Lock _starting = new();
    private InferenceThread? _thread;

    /// <summary>Every folder with weights, also those that can't be run, with the reason.</summary>
    public IReadOnlyList<ModelFolder> Folders => _catalogue.Folders;

    public IReadOnlyList<MusicModel> Models
    {
        get
        {
            var folders = _catalogue.Folders.Where(f => f.Fault is null && f.Licence.AllowsUse).ToList();
            if (folders.Count == 0 || _profile.Value.Profile is not { } profile)
                return [];
            var models = folders.Select(f => Describe(f, profile));
            return [.. profile.Device == TorchSharp.DeviceType.CUDA ? models.Reverse() : models]; // a CPU is best served by the smallest
        }
    }

    /// <summary>Why no neural model can run here; null when they can, or when there is none to be run.</summary>
    public string? Problem => _catalogue.Folders.Count == 0 ? null : _profile.Value.Problem;

    public async Task<AudioClip> GenerateAsync(MusicModel model, MusicRequest request, IProgress<StepsDone> progress, CancellationToken ct)
    {
        var folder = _catalogue.Folders.FirstOrDefault(f => f.Id == model.Id && f.Fault is null)
            ?? throw new MusicGenerationException($"The model {model.Id} isn't on this machine any more.");
        var rate = model.SampleRates[0];
        var count = (long)Math.Round(request.Seconds * rate, MidpointRounding.ToEven);
        if (count < 1 || count > MaxSeconds * rate)
            throw new MusicGenerationException($"{model.Id} makes up to {MaxSeconds} seconds.");

        var profile = _profile.Value.Profile ?? throw new MusicGenerationException(_profile.Value.Problem!);
        var song = await Thread(profile).SingAsync(
            folder.Id, folder.Path, Translate(request, rate, model.Channels, (int)count), progress,
            Mastering.Steps(request.Normalize, (int)count, rate), ct);
        return await Task.Factory.StartNew(
            () => Finish(song, request, model, progress, ct), ct, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);
    }

    public void Dispose() => _thread?.Dispose();

    private static (EngineProfile? Profile, string? Problem) FindProfile(InferenceOptions options)
    {
        try
        {
            return (TorchRuntime.Profile(options), null);
        }
        catch (CheckpointException e)
        {
            return (null, e.Message);
        }
    }

    private InferenceThread Thread(EngineProfile profile)
    {
        lock (_starting)
            return _thread ??= new InferenceThread(profile, options, logger);
    }

    private MusicModel Describe(ModelFolder folder, EngineProfile profile) => new(
        folder.Id, profile.Name, Neural: true, SampleRates: [folder.Config!.Codec.SampleRate], folder.Config.Decoder.Channels, MaxSeconds,
        folder.Licence.Name, _thread?.IsLoaded(folder.Id) == true, folder.Config.Melody is null ? Supported : [.. Supported, "melody_from"])
    {
        IsNoncommercial = folder.Licence.IsNoncommercial && !options.AllowNoncommercialWeights,
    };

    private static SongRequest Translate(MusicRequest request, int rate, int channels, int samples) => new(
        Describe(request), request.NegativePrompt, samples, request.Seed,
        new SamplingSettings(
            request.DoSample == false, request.Temperature ?? 1, request.TopK ?? DefaultTopK, request.TopP ?? 0, request.GuidanceScale ?? DefaultGuidance),
        request.Continue is null ? null : At(rate, request.Continue, channels),
        request.Melody is null ? null : At(rate, request.Melody, 1)[0])
    {
        Listener = request.Listener,
    };

    // What has a field of its own goes into the words, which are all that the model reads.
    private static string Describe(MusicRequest request)
    {
        var words = new List<string> { request.Prompt };
        if (request.Genre is not null)
            words.Add(request.Genre);
        if (request.Mood is not null)
            words.Add(request.Mood);
        words.AddRange(request.Instruments);
        if (request.Tempo is { } tempo)
            words.Add(FormattableString.Invariant($"{tempo:0.#} bpm"));
        if (request.Key is not null)
            words.Add($"in {request.Key}");
        return string.Join(", ", words);
    }

    private static float[][] At(int rate, AudioClip clip, int channels)
    {
        if (clip.Samples.Length < clip.Channels)
            throw new MusicGenerationException("The recording is empty.");
        var split = Resampler.ToChannels(clip.Samples, clip.Channels, channels);
        var first = Resampler.Resample(split[0], clip.SampleRate, rate);
        return channels == 1 ? [first] : [first, ReferenceEquals(split[1], split[0]) ? first : Resampler.Resample(split[1], clip.SampleRate, rate)];
    }

    private static AudioClip Finish(Song song, MusicRequest request, MusicModel model, IProgress<StepsDone> progress, CancellationToken ct)
    {
        var (rate, channels, frames) = (model.SampleRates[0], model.Channels, song.Sound[0].Length);
        var samples = new float[frames * channels];
        for (var c = 0; c < channels; c++)
        {
            for (var i = 0; i < frames; i++)
                samples[(i * channels) + c] = song.Sound[c][i];
        }

        var meter = new Loudness(rate, channels);
        meter.Add(samples);
        var done = song.Steps.Done;
        new Mastering(samples, rate, channels).Apply(request.Normalize, meter.Integrated(), () =>
        {
            ct.ThrowIfCancellationRequested();
            progress.Report(new StepsDone(done++, song.Steps.Total));
        });
        progress.Report(new StepsDone(song.Steps.Total, song.Steps.Total));
        return new AudioClip(samples, rate, channels, song.TextWasCut ? [$"only the first {T5Tokenizer.MaxTokens - 1} pieces of the text"] : [])
        {
            Codes = song.Codes,
        };
    }
}
