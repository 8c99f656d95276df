using MusicGen.Application.Generations;
using MusicGen.Infrastructure.Inference;
using MusicGen.Infrastructure.Inference.Checkpoints;
using MusicGen.Infrastructure.Inference.Decoder;
using MusicGen.Infrastructure.Inference.Sampling;
using static TorchSharp.torch;

namespace MusicGen.Integration.Inference;

/// <summary>Songs whose steps lie in a device's queue, against the same songs with every code chosen by the host.</summary>
[Collection(Reference.Torch)]
public sealed class DeviceRunTests
{
    private const int Rows = 8;

    public DeviceRunTests() => Reference.NeedTorch();

    public static TheoryData<string, string> Cases => new(
        from name in new[] { "mono", "stereo", "melody" }
        from precision in new[] { nameof(Precision.Fp32), nameof(Precision.Bf16) }
        select (name, precision));

    // Of different lengths, texts, guidance and ways to choose; some have codes to go on from, one is longer than a run.
    [Theory]
    [MemberData(nameof(Cases))]
    public void Songs_that_come_and_go_have_the_codes_that_the_host_chooses(string name, string precision)
    {
        using var reference = new Reference(name, "torch", Enum.Parse<Precision>(precision));
        using var checkpoint = Checkpoint.Open(reference.Folder);
        using var model = new MusicGenModel(checkpoint.Config, checkpoint, CPU, new ScoresOnly(LoadedModel.NewDecoder(checkpoint.Config, checkpoint, reference.Profile)));

        var onDevice = SingAll(reference, reference.Model);
        var onHost = SingAll(reference, model);

        Assert.Equal(onHost.Codes, onDevice.Codes);
        Assert.Equal(onHost.Codes.Count, onHost.Codes.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(0, onHost.Runs);
        Assert.InRange(onDevice.Runs, 6, 20);
    }

    [Fact]
    public void The_host_reads_codes_every_few_steps_and_all_of_them_when_a_song_leaves()
    {
        using var reference = new Reference("mono", "torch");
        using var scope = NewDisposeScope();
        using var conditions = ConditionsOf(reference, reference.Model, isGuided: true);
        var windows = Enumerable.Range(0, 3).Select(i => Open(reference.Model, conditions, Songs.Drawn(), i, 30)).ToList();
        using var alone = Open(reference.Model, conditions, Songs.Drawn(), 2, 30);
        while (!alone.IsDone)
            DecoderPass.Step(reference.Model, [alone], Rows);
        var (all, read) = (windows[^1].Remaining, new List<int>());
        void Step()
        {
            DecoderPass.Step(reference.Model, windows, Rows);
            read.Add(all - windows[^1].Remaining);
        }

        for (var step = 0; step < 6; step++)
            Step();
        windows[0].Dispose(); // two steps of all are in the queue
        windows.RemoveAt(0);
        Step();

        Assert.Equal([0, 0, 0, 4, 4, 4, 6], read);
        while (!windows[^1].IsDone)
            Step();
        Assert.Equal(alone.Codes, windows[^1].Codes);
        windows.ForEach(w => w.Dispose());
    }

    [Fact]
    public void Runs_leave_no_tensor_behind()
    {
        using var reference = new Reference("mono", "torch");
        using var scope = NewDisposeScope();
        using var conditions = ConditionsOf(reference, reference.Model, isGuided: true);
        GC.Collect(); // what other tests left would go meanwhile
        GC.WaitForPendingFinalizers();
        var before = Tensor.TotalCount;

        var windows = new List<WindowDecoding>();
        for (var song = 0; song < 40; song++)
        {
            windows.Add(Open(reference.Model, conditions, Songs.Drawn(), song, 3 + (song % 7)));
            DecoderPass.Step(reference.Model, windows, Rows);
            foreach (var gone in windows.Where(w => w.IsDone || windows.Count == 4).Take(2).ToList())
            {
                gone.Dispose(); // at its end, or in the middle
                windows.Remove(gone);
            }
        }

        windows.ForEach(w => w.Dispose());
        Assert.Equal(before, Tensor.TotalCount);
    }

    // The step that hears of the cancel is its last, and the others go on from codes that were still in the queue.
    [Fact]
    public async Task A_cancel_stops_within_a_step_and_the_others_lose_nothing()
    {
        using var engine = EngineTests.Engine("mono", new InferenceOptions { Decoder = "torch", Songs = 3 });
        using var cancel = new CancellationTokenSource();
        var request = new MusicRequest { Prompt = "a calm piano", Seconds = 1, Seed = 2, Normalize = Normalization.None };
        Task<AudioClip> Make(MusicRequest of, IProgress<StepsDone>? progress = null, CancellationToken? ct = null) =>
            engine.GenerateAsync(engine.Models[0], of, progress ?? new Progress<StepsDone>(), ct ?? TestContext.Current.CancellationToken);
        var alone = await Make(request);
        var steps = new List<int>();
        var progress = new Heard(done =>
        {
            steps.Add(done);
            if (done == 10)
                cancel.Cancel();
        });

        var others = new[] { Make(request), Make(request with { Seed = 3, GuidanceScale = 1 }) };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Make(request with { Seconds = 2 }, progress, cancel.Token));
        await Task.WhenAll(others);

        Assert.Equal([0, .. Enumerable.Range(1, 10)], steps);
        Assert.Equal(alone.Samples, (await others[0]).Samples);
        Assert.NotEqual(alone.Samples, (await others[1]).Samples);
    }

    private static (List<string> Codes, int Runs) SingAll(Reference reference, MusicGenModel model)
    {
        using var scope = NewDisposeScope();
        using var guided = ConditionsOf(reference, model, isGuided: true);
        using var unguided = ConditionsOf(reference, model, isGuided: false);
        int[][] given = [.. Enumerable.Range(0, model.Config.Decoder.Codebooks).Select(k => Enumerable.Range(0, 9).Select(t => (k + (5 * t)) % model.Config.Decoder.Cardinality).ToArray())];
        List<(int At, Conditions Conditions, SamplingSettings Settings, int[][]? Given, int Frames)> songs =
        [
            (0, guided, Songs.Drawn(), null, 90),
            (0, unguided, Songs.Drawn(1), given, 12),
            (3, guided, Songs.Greedy(3), null, 7),
            (5, guided, Songs.Drawn(5) with { TopK = 5, Temperature = 0.7 }, given, 21),
            (20, guided, Songs.Drawn() with { TopK = 0, TopP = 0.8 }, null, 1),
            (31, unguided, Songs.Greedy(1), null, 17),
        ];
        var windows = new List<WindowDecoding>();
        var seeds = new Dictionary<WindowDecoding, int>();
        var codes = new SortedDictionary<int, string>();
        var runs = new HashSet<DeviceRun>();
        for (var step = 0; codes.Count < songs.Count; step++)
        {
            foreach (var (song, i) in songs.Select((s, i) => (s, i)).Where(s => s.s.At == step))
            {
                windows.Add(Open(model, song.Conditions, song.Settings, i, song.Frames, song.Given));
                seeds.Add(windows[^1], i);
            }

            DecoderPass.Step(model, windows, Rows);
            runs.UnionWith(windows.Select(w => w.Run).OfType<DeviceRun>());
            foreach (var done in windows.Where(w => w.IsDone).ToList())
            {
                codes.Add(seeds[done], string.Join('|', done.Codes.Select(row => string.Join(' ', row))));
                done.Dispose();
                windows.Remove(done);
            }
        }

        return ([.. codes.Values], runs.Count);
    }

    private static WindowDecoding Open(MusicGenModel model, Conditions conditions, SamplingSettings settings, int seed, int frames, int[][]? given = null)
    {
        var window = new WindowDecoding(model, conditions, settings, new CodeDice(seed), given ?? Songs.NoCodes(model), frames, 0);
        window.Prefill();
        return window;
    }

    private static Conditions ConditionsOf(Reference reference, MusicGenModel model, bool isGuided)
    {
        var tokens = reference.Tokenizer.Encode(reference.Prompts[0], out _);
        return model.Config.Melody is null
            ? Conditions.OfText(model, tokens, null, isGuided)
            : Conditions.OfMelody(model, tokens, null, model.Follow(reference.Floats("melody_audio")), isGuided);
    }

    /// <summary>A decoder whose steps the host takes part in.</summary>
    private sealed class ScoresOnly(IDecoder decoder) : IDecoder
    {
        public IHeardText Hear(Tensor text) => decoder.Hear(text);

        public IDecoderCache NewCache(int rows, int capacity) => decoder.NewCache(rows, capacity);

        public ReadOnlySpan<float> Pass(IReadOnlyList<Lane> lanes, int rows) => decoder.Pass(lanes, rows);

        public void Dispose() => decoder.Dispose();
    }
}
