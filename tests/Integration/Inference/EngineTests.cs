using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using MusicGen.Application.Generations;
using MusicGen.Infrastructure.Inference;
using MusicGen.Infrastructure.Inference.Kernels;
using TorchSharp;

namespace MusicGen.Integration.Inference;

/// <summary>The engine behind its port: songs together and alone, cancels, faults, memory.</summary>
[Collection(Reference.Torch)]
public sealed class EngineTests
{
    private const string Text = "a calm piano melody in a minor key, 80 bpm";

    public EngineTests() => Reference.NeedTorch();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    internal static MusicRequest Request(double seconds = 1, long seed = 7) =>
        new() { Prompt = Text, Seconds = seconds, Seed = seed, Normalize = Normalization.None };

    [Theory]
    [MemberData(nameof(Reference.All), MemberType = typeof(Reference))]
    public async Task A_song_is_the_same_alone_and_among_others_that_come_and_go(string name)
    {
        MusicRequest[] requests =
        [
            Request(1.2, seed: 1),
            Request(0.5, seed: 2) with { GuidanceScale = 1 },
            Request(2.1, seed: 3) with { Prompt = "Driving techno with a heavy kick & bright synths!", Temperature = 0.7 },
            Request(0.1, seed: 4) with { TopK = 5 },
            Request(1.6, seed: 5) with { NegativePrompt = "drums", TopP = 0.8 },
            Request(0.9, seed: 6) with { DoSample = false },
            Request(0.7, seed: 7) with { Prompt = "lo-fi beat", GuidanceScale = 5 },
            Request(1.2, seed: 1),
        ];
        using var engine = Engine(name, new InferenceOptions { Songs = 3 });
        var alone = new List<AudioClip>();
        foreach (var request in requests)
            alone.Add(await MakeAsync(engine, request));
        using var restarted = Engine(name, new InferenceOptions { Songs = 3 });

        var together = await Task.WhenAll(requests.Reverse().Select(r => MakeAsync(restarted, r)));

        Assert.Equal(alone.Select(Codes), together.Reverse().Select(Codes));
        Assert.Equal(alone.Select(c => c.Samples), together.Reverse().Select(c => c.Samples));
        Assert.Equal(Codes(alone[0]), Codes(alone[^1]));
        Assert.Equal(requests.Length - 1, alone.Select(Codes).Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public async Task Fifty_songs_leave_no_memory_behind()
    {
        using var engine = Engine("mono");
        await MakeAsync(engine, Request(0.3));
        await MakeAsync(engine, Request(0.3) with { Continue = Tone(0.1) });
        var before = (torch.Tensor.TotalCount, NativeBlock.Living);
        var memory = 0L;

        for (var i = 0; i < 50; i++)
        {
            if (i == 10)
                memory = Environment.WorkingSet;
            using var cancel = new CancellationTokenSource();
            await MakeAsync(engine, Request(0.3, seed: i) with { Continue = i % 3 == 0 ? Tone(0.1) : null });
            if (i % 5 == 0)
                await Assert.ThrowsAnyAsync<OperationCanceledException>(() => MakeAsync(engine, Request(1), new CancelAt(cancel, 5), cancel.Token));
        }

        Assert.Equal(before, (torch.Tensor.TotalCount, NativeBlock.Living));
        Assert.InRange(Environment.WorkingSet, 0, memory + (100 << 20)); // the songs after the tenth would leave more than that
    }

    [Fact]
    public async Task A_cancel_stops_within_a_step_and_leaves_the_others_alone()
    {
        using var engine = Engine("mono");
        using var cancel = new CancellationTokenSource();
        var progress = new CancelAt(cancel, 10);
        var expected = Codes(await MakeAsync(engine, Request(1, seed: 2)));

        var other = MakeAsync(engine, Request(1, seed: 2));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => MakeAsync(engine, Request(2), progress, cancel.Token));

        Assert.Equal(10, progress.Last);
        Assert.Equal(expected, Codes(await other));
    }

    // A and B are sung, C waits. C begins in the step after the one that A was cancelled in, at the latest.
    [Fact]
    public async Task A_cancel_frees_the_songs_place_within_a_step()
    {
        using var engine = Engine("mono", new InferenceOptions { Songs = 2 });
        await MakeAsync(engine, Request(0.1));
        using var cancel = new CancellationTokenSource();
        var steps = new ConcurrentQueue<string>();
        IProgress<StepsDone> Noting(string song, Action<int>? then = null) => new Heard(done =>
        {
            steps.Enqueue(FormattableString.Invariant($"{song}{done}"));
            then?.Invoke(done);
        });

        var started = new TaskCompletionSource();
        var cancelled = MakeAsync(engine, Request(20), Noting("A", done =>
        {
            if (done == 300)
                cancel.Cancel();
            else if (done == 1)
                started.TrySetResult();
        }), cancel.Token);
        await started.Task;
        var beside = MakeAsync(engine, Request(10), Noting("B"));
        var waiting = MakeAsync(engine, Request(0.2), Noting("C"));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        await waiting;
        await beside;

        var order = steps.ToList();
        Assert.Contains("B1", order[..order.IndexOf("A300")]);
        var between = order[(order.IndexOf("A300") + 1)..order.IndexOf("C0")];
        Assert.InRange(between.Count, 1, 2);
        Assert.All(between, step => Assert.StartsWith("B", step, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Steps_are_counted_to_the_end_and_never_backwards()
    {
        using var engine = Engine("stereo");
        var steps = new Steps();

        await MakeAsync(engine, Request(1) with { Normalize = Normalization.Loudness }, steps);

        Assert.Equal(steps.All.OrderBy(s => s.Done), steps.All);
        Assert.Single(steps.All.Select(s => s.Total).Distinct());
        Assert.Equal(53 + 6 + 5, steps.All[^1].Total); // 50 frames and the delay, parts of sound to frames 2, 4, 8, 16, 32 and 50, five passes of the level
        Assert.Equal(steps.All[^1].Total, steps.All[^1].Done);
    }

    [Fact]
    public async Task A_song_of_more_than_thirty_seconds_is_made_in_windows_and_has_no_seam()
    {
        using var engine = Engine("mono");
        const int Rate = 32000, Frames = 50;

        var clip = await MakeAsync(engine, Request(49.5, seed: 3));
        var shorter = await MakeAsync(engine, Request(30, seed: 3));

        Assert.Equal(49.5 * Rate, clip.Samples.Length);
        Assert.Equal((int)(49.5 * Frames), clip.Codes![0].Length);
        for (var row = 0; row < 4; row++)
            Assert.Equal(shorter.Codes![row], clip.Codes[row][..(30 * Frames)]); // the first window is the shorter song
        foreach (var seam in new[] { 30, 48 })
            Assert.InRange(Jump(clip.Samples, seam * Rate, 640), 0, 3 * Enumerable.Range(1, 25).Average(s => Jump(clip.Samples, s * Rate, 640)));
        Assert.NotEqual(clip.Codes[0][(18 * Frames)..(19 * Frames)], clip.Codes[0][(30 * Frames)..(31 * Frames)]);
    }

    [Fact]
    public async Task A_song_goes_on_from_a_recording_of_any_rate_and_channels_and_keeps_its_codes()
    {
        using var mono = Engine("mono");
        using var stereo = Engine("stereo");
        foreach (var (engine, recording) in new[] { (mono, Tone(0.5, 44100, 2)), (mono, Tone(0.5, 8000)), (stereo, Tone(0.5, 44100, 2)), (stereo, Tone(0.5, 48000)), (stereo, Tone(0.5, 32000, 6)) })
        {
            var first = await MakeAsync(engine, Request(1, seed: 1) with { Continue = recording });
            var other = await MakeAsync(engine, Request(1, seed: 2) with { Continue = recording });

            Assert.Equal(32000 * first.Channels, first.Samples.Length);
            for (var row = 0; row < first.Codes!.Count; row++)
            {
                Assert.Equal(first.Codes[row][..25], other.Codes![row][..25]);
                Assert.NotEqual(first.Codes[row][25..], other.Codes[row][25..]);
            }
        }
    }

    [Fact]
    public async Task A_recording_as_long_as_the_song_is_refused()
    {
        using var engine = Engine("mono");

        var refusal = await Assert.ThrowsAsync<MusicGenerationException>(() => MakeAsync(engine, Request(1) with { Continue = Tone(1) }));

        Assert.Contains("Ask for a longer one", refusal.Message, StringComparison.Ordinal);
    }

    /// <summary>Every field that is honoured changes what is made.</summary>
    [Fact]
    public async Task Every_field_of_a_request_is_heard()
    {
        using var engine = Engine("melody");
        var model = Assert.Single(engine.Models);
        var asked = Request(0.5) with { Melody = Tone(1, 32000) };
        Dictionary<string, MusicRequest> changed = new(StringComparer.Ordinal)
        {
            ["prompt"] = asked with { Prompt = "lo-fi beat" },
            ["duration"] = asked with { Seconds = 0.6 },
            ["seed"] = asked with { Seed = 8 },
            ["temperature"] = asked with { Temperature = 0.3 },
            ["top_k"] = asked with { TopK = 3 },
            ["top_p"] = asked with { TopP = 0.3 },
            ["guidance_scale"] = asked with { GuidanceScale = 8 },
            ["do_sample"] = asked with { DoSample = false },
            ["negative_prompt"] = asked with { NegativePrompt = "drums" },
            ["genre"] = asked with { Genre = "jazz" },
            ["mood"] = asked with { Mood = "dark" },
            ["tempo"] = asked with { Tempo = 90 },
            ["key"] = asked with { Key = "D minor" },
            ["instruments"] = asked with { Instruments = ["flute"] },
            ["continue_from"] = asked with { Continue = Tone(0.2) },
            ["melody_from"] = asked with { Melody = Tone(1, 32000, hertz: 523.25f) },
            ["normalize"] = asked with { Normalize = Normalization.Peak },
        };
        var plain = await MakeAsync(engine, asked);

        Assert.Equal(model.Supports.Except(["sample_rate"]).Order(StringComparer.Ordinal), changed.Keys.Order(StringComparer.Ordinal));
        foreach (var (field, request) in changed)
        {
            var made = await MakeAsync(engine, request);
            Assert.False(plain.Samples.AsSpan().SequenceEqual(made.Samples), field);
        }
    }

    internal static TorchMusicEngine Engine(string name, InferenceOptions? options = null) =>
        Engine((options ?? new InferenceOptions()) with { Folder = Reference.FolderOf(name), Device = "cpu" });

    internal static TorchMusicEngine Engine(InferenceOptions options) => new(options, TimeProvider.System, NullLogger<TorchMusicEngine>.Instance);

    internal static AudioClip Tone(double seconds, int rate = 32000, int channels = 1, float hertz = 440)
    {
        var samples = new float[(int)(seconds * rate) * channels];
        for (var i = 0; i < samples.Length; i++)
            samples[i] = 0.5f * MathF.Sin(2 * MathF.PI * hertz * (1 + (i % channels)) * (i / channels) / rate);
        return new AudioClip(samples, rate, channels, []);
    }

    internal static Task<AudioClip> MakeAsync(
        TorchMusicEngine engine, MusicRequest request, IProgress<StepsDone>? progress = null, CancellationToken? ct = null, string? model = null) =>
        engine.GenerateAsync(engine.Models.First(m => model is null || m.Id == model), request, progress ?? new Steps(), ct ?? Ct);

    private static string Codes(AudioClip clip) => string.Join('|', clip.Codes!.Select(row => string.Join(' ', row)));

    // Mean distance of neighbouring samples around a moment.
    private static double Jump(float[] samples, int at, int around)
    {
        var sum = 0.0;
        for (var i = at - around; i < at + around; i++)
            sum += Math.Abs(samples[i] - samples[i - 1]);
        return sum / (2 * around);
    }

    private sealed class Steps : IProgress<StepsDone>
    {
        public List<StepsDone> All { get; } = [];

        public void Report(StepsDone value) => All.Add(value);
    }

    private sealed class CancelAt(CancellationTokenSource source, int step) : IProgress<StepsDone>
    {
        public int Last { get; private set; }

        public void Report(StepsDone value)
        {
            Last = value.Done;
            if (value.Done == step)
                source.Cancel();
        }
    }
}
