using Microsoft.Extensions.Logging;
using MusicGen.Application.Generations;
using MusicGen.Application.Nodes;
using MusicGen.Application.Pipeline;
using MusicGen.Infrastructure.Inference.Audio;
using MusicGen.Infrastructure.Inference.Checkpoints;
using MusicGen.Infrastructure.Inference.Sampling;
using MusicGen.Infrastructure.Inference.Text;

namespace MusicGen.Infrastructure.Inference;

/// <summary>MusicGen on libtorch: text to codes to sound, from the checkpoints of this machine, on each of its devices.</summary>
/// <param name="options">Models and how they are run.</param>
/// <param name="time">For looking at the folders again.</param>
/// <param name="logger">Hears of loading and of faults.</param>
/// <param name="profiles">What the options mean on this machine; null asks the machine.</param>
internal sealed class TorchMusicEngine(
    InferenceOptions options, TimeProvider time, ILogger<TorchMusicEngine> logger, Func<InferenceOptions, IReadOnlyList<EngineProfile>>? profiles = null)
    : IMusicEngine, IEngineDevices, IDisposable
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
    private readonly Lazy<(InferenceDevices? Devices, string? Problem)> _devices = new(() => Find(options, logger, profiles ?? TorchRuntime.Profiles)); // loads libtorch: only where there is a model
    private volatile Dictionary<string, MusicGenConfig> _offered = [];
    private bool _isDisposed;

    /// <summary>Every folder with weights, also those that can't be run, with the reason.</summary>
    public IReadOnlyList<ModelFolder> Folders => _catalogue.Folders;

    public IReadOnlyList<MusicModel> Models
    {
        get
        {
            if (Ready is not { } devices)
                return [];
            var offered = Runnable.Select(f => (Folder: f, Engine: devices.EngineOf(f.Config!))).Where(m => m.Engine is not null).ToList();
            _offered = offered.ToDictionary(m => m.Folder.Id, m => m.Folder.Config!, StringComparer.Ordinal);
            var models = offered.Select(m => Describe(m.Folder, m.Engine!, devices));
            return [.. devices.HasGpu ? models.Reverse() : models]; // a CPU is best served by the smallest
        }
    }

    public IReadOnlyList<DeviceState> Devices => Ready?.States ?? [];

    public event EventHandler? PlacesChanged;

    /// <summary>Why no neural model can run here; null when they can, or when there is none to be run.</summary>
    public string? Problem => _catalogue.Folders.Count == 0 ? null : _devices.Value.Problem;

    private IEnumerable<ModelFolder> Runnable => _catalogue.Folders.Where(f => f.Fault is null && f.Licence.AllowsUse);

    // Null where nothing is to be computed, or nothing can be.
    private InferenceDevices? Ready => Runnable.Any() ? _devices.Value.Devices : null;

    /// <summary>Why a model isn't offered, in words that say what to do next; null when it is.</summary>
    public string? WhyNot(ModelFolder folder)
    {
        if ((folder.Fault ?? Problem) is { } problem)
            return problem;
        return folder.Licence.AllowsUse
            ? _devices.Value.Devices!.Shortage(folder.Config!)
            : $"Its licence, {folder.Licence.Name}, forbids commercial use and hasn't been accepted. Run: models accept {folder.Id}";
    }

    // Of the models as they were listed last: whoever asks holds a lock, and waits for no look at the folders.
    public int? FreePlaces(string model) =>
        _devices is { IsValueCreated: true, Value.Devices: { } devices } && _offered.TryGetValue(model, out var config) ? devices.FreePlaces(config) : null;

    public async Task LoadAsync(string model, CancellationToken ct)
    {
        var folder = _catalogue.Folders.FirstOrDefault(f => f.Id == model) ?? throw new MusicGenerationException($"There is no model {model} on this machine.");
        if (WhyNot(folder) is { } problem)
            throw new MusicGenerationException(problem);
        await _devices.Value.Devices!.LoadAsync(folder, ct);
    }

    public async Task<bool> UnloadAsync(string model, CancellationToken ct) =>
        _devices is { IsValueCreated: true, Value.Devices: { } devices } && await devices.UnloadAsync(model, ct);

    public async Task<AudioClip> GenerateAsync(MusicModel model, MusicRequest request, IProgress<StepsDone> progress, CancellationToken ct)
    {
        var folder = _catalogue.Folders.FirstOrDefault(f => f.Id == model.Id && f.Fault is null)
            ?? throw new MusicGenerationException($"The model {model.Id} isn't on this machine any more.") { Fault = NodeFault.Model };
        var rate = model.SampleRates[0];
        var count = (long)Math.Round(request.Seconds * rate, MidpointRounding.ToEven);
        if (count < 1 || count > MaxSeconds * rate)
            throw new MusicGenerationException($"{model.Id} makes up to {MaxSeconds} seconds.");

        var devices = _devices.Value.Devices ?? throw new MusicGenerationException(_devices.Value.Problem!) { Fault = NodeFault.Model };
        var (song, profile) = await SingAsync(
            devices, folder, Translate(request, rate, model.Channels, (int)count), progress, Mastering.Steps(request.Normalize, (int)count, rate), ct);
        var clip = await Task.Factory.StartNew(
            () => Finish(song, request, model, progress, ct), ct, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);
        return clip with { Engine = profile.Name };
    }

    private async Task<(Song Song, EngineProfile Profile)> SingAsync(
        InferenceDevices devices, ModelFolder folder, SongRequest request, IProgress<StepsDone> progress, int furtherSteps, CancellationToken ct)
    {
        try
        {
            var singing = devices.SingAsync(folder, request, progress, furtherSteps, ct);
            PlacesChanged?.Invoke(this, EventArgs.Empty);
            return await singing;
        }
        finally
        {
            PlacesChanged?.Invoke(this, EventArgs.Empty);
        }
    }

    // The container knows it by two ports, and disposes of it for each.
    public void Dispose()
    {
        if (!Interlocked.Exchange(ref _isDisposed, true) && _devices.IsValueCreated)
            _devices.Value.Devices?.Dispose();
    }

    private static (InferenceDevices? Devices, string? Problem) Find(
        InferenceOptions options, ILogger logger, Func<InferenceOptions, IReadOnlyList<EngineProfile>> profiles)
    {
        try
        {
            return (new InferenceDevices([.. profiles(options).Select(p => new InferenceThread(p, options, logger))], logger), null);
        }
        catch (CheckpointException e)
        {
            return (null, e.Message);
        }
    }

    private MusicModel Describe(ModelFolder folder, string engine, InferenceDevices devices) => new(
        folder.Id, engine, Neural: true, SampleRates: [folder.Config!.Codec.SampleRate], folder.Config.Decoder.Channels, MaxSeconds,
        folder.Licence.Name, devices.IsLoaded(folder.Id), folder.Config.Melody is null ? Supported : [.. Supported, "melody_from"])
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

        using var span = Telemetry.Source.StartActivity("engine.master");
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
