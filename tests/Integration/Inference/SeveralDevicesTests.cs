using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging.Abstractions;
using MusicGen.Application.Generations;
using MusicGen.Infrastructure.Inference;
using TorchSharp;

namespace MusicGen.Integration.Inference;

/// <summary>Several devices in one engine. Two processors stand for two GPUs: a thread, memory and models for each.</summary>
[Collection(Reference.Torch)]
public sealed class SeveralDevicesTests : IDisposable
{
    private const long RoomForOne = 3 << 20; // one of the small checkpoints with its caches
    private readonly ModelFolders _models = new("mono", "stereo");

    public SeveralDevicesTests() => Reference.NeedTorch();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _models.Dispose();

    [Fact]
    public async Task Songs_share_a_device_while_it_has_places_then_go_to_the_next_and_are_the_same_there()
    {
        using var engine = Engine(2, Device(), Device());
        using var held = new Held();
        var first = MakeAsync(engine, "acme/mono", held);
        await held.Started;
        var moves = 0;
        Assert.Equal(["acme/mono", "acme/stereo"], engine.Models.Select(m => m.Id).Order(StringComparer.Ordinal));
        engine.PlacesChanged += (_, _) => Interlocked.Increment(ref moves);
        var beside = MakeAsync(engine, "acme/mono");
        Assert.Equal((2, 1), (engine.FreePlaces("acme/mono"), moves));
        Assert.Null(engine.FreePlaces("acme/none"));

        var elsewhere = await MakeAsync(engine, "acme/mono");

        Assert.Equal([(2, "acme/mono"), (0, "acme/mono")], engine.Devices.Select(d => (d.Songs, Assert.Single(d.Loaded))));
        held.Release();
        Assert.Equal(elsewhere.Samples, (await first).Samples);
        Assert.Equal(elsewhere.Samples, (await beside).Samples);
        Assert.All(engine.Devices, d => Assert.Equal((0, 2, "cpu"), (d.Songs, d.MostSongs, d.Name)));
        Assert.Equal((4, 5), (engine.FreePlaces("acme/mono"), moves)); // two came since, and all three went
    }

    [Fact]
    public async Task A_song_of_another_model_goes_where_it_drives_nobodys_model_out_however_busy_that_device_is()
    {
        _models.Add("mono", "acme/other");
        using var engine = Engine(4, Device(RoomForOne), Device());
        using var held = new Held();
        using var alsoHeld = new Held();
        var songs = new List<Task<AudioClip>> { MakeAsync(engine, "acme/mono", held) };
        await held.Started;
        songs.Add(MakeAsync(engine, "acme/stereo", alsoHeld));
        await alsoHeld.Started;

        songs.Add(MakeAsync(engine, "acme/stereo"));
        songs.Add(MakeAsync(engine, "acme/other"));

        Assert.Equal([1, 3], engine.Devices.Select(d => d.Songs));
        Assert.Equal(["acme/mono", "acme/stereo"], engine.Devices.Select(d => Assert.Single(d.Loaded)));
        Assert.InRange(engine.Devices[0].MemoryUsed, 1, RoomForOne);
        held.Release();
        alsoHeld.Release();
        await Task.WhenAll(songs);
    }

    [Fact]
    public async Task A_model_too_big_for_one_device_is_the_others()
    {
        using var engine = Engine(2, Device(1000), Device());

        await MakeAsync(engine, "acme/mono");
        await engine.LoadAsync("acme/stereo", Ct);
        Assert.Equal((2, 2), (engine.Models.Count, engine.FreePlaces("acme/mono")));

        Assert.Equal([0, 2], engine.Devices.Select(d => d.Loaded.Count));
    }

    [Fact]
    public async Task A_song_too_long_for_one_device_waits_for_the_other()
    {
        using var engine = Engine(1, Device(RoomForOne), Device());
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        using var held = new Held();
        var songs = new List<Task<AudioClip>> { MakeAsync(engine, "acme/mono", held, seconds: 30, stop.Token) };
        await held.Started;

        songs.Add(MakeAsync(engine, "acme/mono", seconds: 30, ct: stop.Token));

        Assert.Equal([0, 2], engine.Devices.Select(d => d.Songs));
        await stop.CancelAsync();
        held.Release();
        foreach (var song in songs)
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => song);
    }

    [Fact]
    public async Task A_model_too_big_for_every_device_is_not_offered_and_the_reason_is_said()
    {
        using var engine = Engine(2, Device(1000), Device(2000));
        var installed = new InstalledModels(engine);

        var refusal = await Assert.ThrowsAsync<MusicGenerationException>(() => engine.LoadAsync("acme/mono", Ct));
        var readiness = await new ModelReadinessCheck(installed).CheckHealthAsync(new HealthCheckContext(), Ct);

        Assert.Empty(engine.Models);
        Assert.All(installed.All, m => Assert.Contains("raise INFERENCE_MEMORY_MB", m.Problem, StringComparison.Ordinal));
        Assert.Contains("raise INFERENCE_MEMORY_MB", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(HealthStatus.Degraded, readiness.Status);
        Assert.Contains("acme/mono: It needs", readiness.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_is_loaded_everywhere_ahead_and_unloaded_while_other_songs_run()
    {
        using var engine = Engine(2, Device(), Device());
        var expected = await MakeAsync(engine, "acme/mono", seconds: 2);
        var (loading, unloading) = (Task.CompletedTask, Task.FromResult(false));

        var song = await MakeAsync(
            engine, "acme/mono",
            new Heard(step =>
            {
                if (step == 20)
                    loading = engine.LoadAsync("acme/stereo", Ct);
                else if (step == 60)
                    unloading = engine.UnloadAsync("acme/stereo", Ct);
            }),
            seconds: 2);

        await loading;
        Assert.True(await unloading);
        Assert.Equal(expected.Samples, song.Samples);
        Assert.Equal([["acme/mono"], []], engine.Devices.Select(d => d.Loaded));
        await engine.LoadAsync("acme/stereo", Ct);
        Assert.Equal([["acme/mono", "acme/stereo"], ["acme/stereo"]], engine.Devices.Select(d => d.Loaded));
        Assert.True(engine.Models.Single(m => m.Id == "acme/stereo").Loaded);
    }

    [Fact]
    public async Task What_a_song_uses_or_waits_for_is_not_unloaded()
    {
        using var engine = Engine(1, Device());
        using var held = new Held();
        var first = MakeAsync(engine, "acme/mono", held);
        await held.Started;
        var waiting = MakeAsync(engine, "acme/stereo");

        Assert.False(await engine.UnloadAsync("acme/mono", Ct));
        Assert.False(await engine.UnloadAsync("acme/stereo", Ct));
        held.Release();
        await first;
        await waiting;
        Assert.True(await engine.UnloadAsync("acme/mono", Ct));
        Assert.False(await engine.UnloadAsync("acme/mono", Ct));
        Assert.Equal(["acme/stereo"], engine.Devices[0].Loaded);
    }

    [Fact]
    public async Task Loading_drives_out_what_nobody_uses_and_never_what_a_song_does()
    {
        using var engine = Engine(2, Device(RoomForOne));
        using var held = new Held();
        var song = MakeAsync(engine, "acme/mono", held);
        await held.Started;

        var loading = engine.LoadAsync("acme/stereo", Ct);
        held.Release();
        var refusal = await Assert.ThrowsAsync<MusicGenerationException>(() => loading);
        await song;
        await engine.LoadAsync("acme/stereo", Ct);

        Assert.Contains("Songs that are under way use the memory", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(["acme/stereo"], engine.Devices[0].Loaded);
    }

    [Fact]
    public async Task A_checkpoint_that_broke_fails_its_load_with_the_reason_and_no_song()
    {
        using var engine = Engine(2, Device());
        Assert.Equal(2, engine.Models.Count);
        var file = Path.Combine(_models.Path, "acme", "stereo", "model.safetensors");
        File.WriteAllBytes(file + ".new", File.ReadAllBytes(file)[..^1000]);
        File.Move(file + ".new", file, overwrite: true);
        using var held = new Held();
        var song = MakeAsync(engine, "acme/mono", held);
        await held.Started;

        var loading = engine.LoadAsync("acme/stereo", Ct);
        held.Release();
        var refusal = await Assert.ThrowsAsync<MusicGenerationException>(() => loading);

        Assert.Contains("lies outside of the file", refusal.Message, StringComparison.Ordinal);
        Assert.All((await song).Samples, s => Assert.True(float.IsFinite(s)));
    }

    [Fact]
    public async Task A_device_that_cannot_load_leaves_songs_and_loads_to_the_others()
    {
        Assert.SkipWhen(torch.cuda.is_available(), "The device that isn't there is a GPU, and this machine has one.");
        var absent = Device() with { Device = new ComputeDevice(0) };
        using var engine = Engine(2, absent, Device());
        using var alone = Engine(2, absent);

        await MakeAsync(engine, "acme/mono");
        await engine.LoadAsync("acme/stereo", Ct);
        var refusal = await Assert.ThrowsAsync<MusicGenerationException>(() => alone.LoadAsync("acme/mono", Ct));

        Assert.Equal([[], ["acme/mono", "acme/stereo"]], engine.Devices.Select(d => d.Loaded));
        Assert.Contains("can't be loaded on cuda:0", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(NodeFault.Model, (await Assert.ThrowsAsync<MusicGenerationException>(() => MakeAsync(alone, "acme/mono"))).Fault);
        Assert.All(alone.Devices, d => Assert.Equal((0, 0L), (d.Songs, d.MemoryUsed)));
    }

    [Fact]
    public async Task A_song_is_cancelled_while_it_waits_for_a_place_on_any_device()
    {
        using var engine = Engine(1, Device(), Device());
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        Held[] held = [new(), new()];
        var under = held.Select(h => MakeAsync(engine, "acme/mono", h, 60, stop.Token)).ToList();
        await Task.WhenAll(held.Select(h => h.Started));

        var waiting = MakeAsync(engine, "acme/mono", ct: cancel.Token);
        Assert.Equal([2, 1], engine.Devices.Select(d => d.Songs));
        await cancel.CancelAsync();
        Array.ForEach(held, h => h.Release());

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Equal([1, 1], engine.Devices.Select(d => d.Songs));
        await stop.CancelAsync();
        foreach (var song in under)
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => song);
        Array.ForEach(held, h => h.Dispose());
    }

    [Fact]
    public async Task Each_device_computes_by_its_own_profile_and_the_clip_says_which()
    {
        using var engine = Engine(1, Device(), Reference.ProfileOf("torch"));
        using var held = new Held();
        var first = MakeAsync(engine, "acme/mono", held);
        await held.Started;

        var second = await MakeAsync(engine, "acme/mono");
        held.Release();

        Assert.Equal(engine.Devices.Select(d => d.Engine), [(await first).Engine, second.Engine]);
        Assert.Equal("torchsharp-cpu-fp32", second.Engine);
        Assert.Equal(engine.Devices[0].Engine, engine.Models[0].Engine);
    }

    [Fact]
    public async Task The_meters_tell_devices_apart()
    {
        var devices = new ConcurrentDictionary<string, object?>(StringComparer.Ordinal);
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Name.StartsWith("musicgen.engine.", StringComparison.Ordinal))
                l.EnableMeasurementEvents(instrument);
        };
        void Note(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags) => devices[instrument.Name] = tags.ToArray().Single(t => t.Key == "device").Value;
        listener.SetMeasurementEventCallback<int>((i, _, tags, _) => Note(i, tags));
        listener.SetMeasurementEventCallback<long>((i, _, tags, _) => Note(i, tags));
        listener.SetMeasurementEventCallback<double>((i, _, tags, _) => Note(i, tags));
        listener.Start();
        using var engine = Engine(1, Device());

        await MakeAsync(engine, "acme/mono");

        Assert.Superset(new HashSet<string> { "musicgen.engine.memory", "musicgen.engine.songs", "musicgen.engine.step.duration" }, devices.Keys.ToHashSet());
        Assert.All(devices.Values, device => Assert.Equal("cpu", device));
    }

    [Fact]
    public async Task Without_models_no_device_is_looked_for()
    {
        using var none = new ModelFolders();
        using var engine = new TorchMusicEngine(
            new InferenceOptions { ModelPath = none.Path }, TimeProvider.System, NullLogger<TorchMusicEngine>.Instance, _ => throw new InvalidOperationException("libtorch would be loaded"));

        var refusal = await Assert.ThrowsAsync<MusicGenerationException>(() => engine.LoadAsync("acme/mono", Ct));

        Assert.Empty(engine.Models);
        Assert.Empty(engine.Devices);
        Assert.Null(engine.Problem);
        Assert.False(await engine.UnloadAsync("acme/mono", Ct));
        Assert.Contains("There is no model acme/mono", refusal.Message, StringComparison.Ordinal);
    }

    private static EngineProfile Device(long limit = long.MaxValue) => Reference.ProfileOf("auto") with { MemoryLimit = limit };

    private TorchMusicEngine Engine(int songs, params EngineProfile[] devices) => new(
        new InferenceOptions { ModelPath = _models.Path, Songs = songs }, TimeProvider.System, NullLogger<TorchMusicEngine>.Instance, _ => devices);

    private static Task<AudioClip> MakeAsync(
        TorchMusicEngine engine, string model, IProgress<StepsDone>? progress = null, double seconds = 0.5, CancellationToken? ct = null) =>
        engine.GenerateAsync(engine.Models.Single(m => m.Id == model), EngineTests.Request(seconds), progress ?? new Heard(_ => { }), ct ?? Ct);
}
