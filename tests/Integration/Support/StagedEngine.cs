using System.Collections.Concurrent;
using MusicGen.Application.Generations;
using MusicGen.Application.Nodes;

namespace MusicGen.Integration.Support;

/// <summary>An engine of a hundred short steps that a test may hold up, break or watch.</summary>
internal sealed class StagedEngine : IMusicGenerator, IEngineDevices
{
    public const int Steps = 100;

    /// <summary>The model that it has, unless a test says otherwise.</summary>
    public const string Id = "staged";

    private int _starts;
    private int _underWay;
    private int? _places;

    public event EventHandler? PlacesChanged;

    /// <summary>Songs at once; null for as many as there are workers.</summary>
    public int? Places
    {
        get => _places;
        set
        {
            _places = value;
            PlacesChanged?.Invoke(this, EventArgs.Empty);
        }
    }

    public IReadOnlyList<DeviceState> Devices => [];

    public IReadOnlyList<MusicModel> Models
    {
        get => Fault is null ? field : throw Fault;
        set;
    } = [Model(Id)];

    /// <summary>Why it can't even say what models it has; null where it can.</summary>
    public Exception? Fault { get; set; }

    public int Starts => _starts;

    /// <summary>Prompts in the order in which they were started.</summary>
    public ConcurrentQueue<string> Started { get; } = [];

    /// <summary>How long a step takes.</summary>
    public TimeSpan StepTime { get; set; } = TimeSpan.FromMilliseconds(2);

    /// <summary>Called before each step, with the number of steps done.</summary>
    public Func<int, CancellationToken, Task> BeforeStep { get; set; } = (_, _) => Task.CompletedTask;

    /// <summary>Steps that were begun after the token had asked to stop.</summary>
    public int StepsAfterStop { get; private set; }

    public MusicModel? Find(string? id) => Models.FirstOrDefault(m => id is null || m.Id == id);

    public static MusicModel Model(string id) =>
        new(id, "staged-engine", Neural: false, [8000], Channels: 1, MaxSeconds: 300, "MIT", Loaded: true, ["genre", "normalize"]);

    public int? FreePlaces(string model) => Places - Volatile.Read(ref _underWay);

    public Task LoadAsync(string model, CancellationToken ct) => throw new NotSupportedException();

    public Task<bool> UnloadAsync(string model, CancellationToken ct) => Task.FromResult(false);

    public async Task<AudioClip> GenerateAsync(MusicRequest request, IProgress<StepsDone> progress, CancellationToken ct)
    {
        Interlocked.Increment(ref _underWay);
        try
        {
            return await MakeAsync(request, progress, ct);
        }
        finally
        {
            Interlocked.Decrement(ref _underWay);
            PlacesChanged?.Invoke(this, EventArgs.Empty);
        }
    }

    private async Task<AudioClip> MakeAsync(MusicRequest request, IProgress<StepsDone> progress, CancellationToken ct)
    {
        Interlocked.Increment(ref _starts);
        Started.Enqueue(request.Prompt);
        var samples = new float[(int)Math.Round(request.Seconds * 8000)];
        for (var i = 0; i < samples.Length; i++)
            samples[i] = 0.5f * MathF.Sin(i * 0.1f * (1 + (request.Seed % 7)));
        request.Listener?.Begin(8000, 1, samples.Length);
        for (var step = 0; step < Steps; step++)
        {
            await BeforeStep(step, ct);
            if (ct.IsCancellationRequested && StepsAfterStop++ > 0)
                throw new InvalidOperationException("A second step after the stop.");
            ct.ThrowIfCancellationRequested();
            await Task.Delay(StepTime, CancellationToken.None);
            progress.Report(new StepsDone(step + 1, Steps));
            request.Listener?.Hear(samples.AsSpan()[(samples.Length * step / Steps)..(samples.Length * (step + 1) / Steps)]);
        }

        return new AudioClip(samples, 8000, 1, ["piano"]);
    }
}
