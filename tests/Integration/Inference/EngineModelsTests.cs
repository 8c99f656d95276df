using MusicGen.Application.Generations;
using MusicGen.Infrastructure.Inference;
using TorchSharp;

namespace MusicGen.Integration.Inference;

/// <summary>Which models the engine runs, in what memory and by what.</summary>
[Collection(Reference.Torch)]
public sealed class EngineModelsTests
{
    public EngineModelsTests() => Reference.NeedTorch();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_song_that_memory_has_no_room_for_is_refused_and_smaller_ones_are_made()
    {
        // The small checkpoints take less than two megabytes with their caches, a song of 30 s some more.
        using var engine = EngineTests.Engine("mono", new InferenceOptions { MemoryMb = 3 });

        var refusal = await Assert.ThrowsAsync<MusicGenerationException>(() => EngineTests.MakeAsync(engine, EngineTests.Request(30)));
        var clip = await EngineTests.MakeAsync(engine, EngineTests.Request(0.5));

        Assert.Contains("memory", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(NodeFault.Memory, refusal.Fault); // another node may have more
        Assert.Equal(16000, clip.Samples.Length);
    }

    [Fact]
    public async Task Models_are_loaded_when_asked_for_and_make_room_for_each_other()
    {
        using var models = new ModelFolders("mono", "stereo");
        using var engine = EngineTests.Engine(new InferenceOptions { ModelPath = models.Path, MemoryMb = 3 });
        Assert.All(engine.Models, m => Assert.False(m.Loaded));

        await EngineTests.MakeAsync(engine, EngineTests.Request(0.2), model: "acme/mono");
        Assert.Equal([("acme/mono", true), ("acme/stereo", false)], engine.Models.Select(m => (m.Id, m.Loaded)));
        await EngineTests.MakeAsync(engine, EngineTests.Request(0.2), model: "acme/stereo");

        Assert.Equal([("acme/mono", false), ("acme/stereo", true)], engine.Models.Select(m => (m.Id, m.Loaded)));
    }

    [Fact]
    public async Task A_checkpoint_that_breaks_while_the_server_runs_fails_its_songs_with_the_reason_and_no_others()
    {
        using var models = new ModelFolders("mono", "stereo");
        using var engine = EngineTests.Engine(new InferenceOptions { ModelPath = models.Path });
        var model = engine.Models.Single(m => m.Id == "acme/stereo");
        var file = Path.Combine(models.Path, "acme", "stereo", "model.safetensors");
        File.WriteAllBytes(file + ".new", File.ReadAllBytes(file)[..^1000]);
        File.Move(file + ".new", file, overwrite: true);

        var refusal = await Assert.ThrowsAsync<MusicGenerationException>(() => engine.GenerateAsync(model, EngineTests.Request(0.2), new Progress<StepsDone>(), Ct));
        await EngineTests.MakeAsync(engine, EngineTests.Request(0.2), model: "acme/mono");

        Assert.Contains("lies outside of the file", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(models.Path, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_this_machine_cannot_compute_with_is_said_by_name()
    {
        using var models = new ModelFolders("mono");
        foreach (var (options, reason) in new[]
        {
            (new InferenceOptions { ModelPath = models.Path, Precision = "int8", Decoder = "torch", Device = "cpu" }, "int8"),
            (new InferenceOptions { ModelPath = models.Path, Precision = "fp16", Device = "cpu" }, "fp16"),
            (new InferenceOptions { ModelPath = models.Path, Device = "cuda" }, "INFERENCE_DEVICE"),
        })
        {
            Assert.SkipWhen(options.Device == "cuda" && torch.cuda.is_available(), "This machine has a CUDA device.");
            using var engine = EngineTests.Engine(options);

            Assert.Empty(engine.Models);
            Assert.Contains(reason, engine.Problem, StringComparison.Ordinal);
        }

        await Task.CompletedTask;
    }

    [Theory]
    [InlineData("torch", "bf16", "torchsharp-cpu-bf16")]
    [InlineData("portable", "fp32", "simd-portable-fp32")]
    [InlineData("portable", "bf16", "simd-portable-bf16")]
    [InlineData("portable", "int8", "simd-portable-int8")]
    public async Task Another_decoder_and_precision_make_a_song_and_say_so(string decoder, string precision, string name)
    {
        using var engine = EngineTests.Engine("mono", new InferenceOptions { Decoder = decoder, Precision = precision });

        var clip = await EngineTests.MakeAsync(engine, EngineTests.Request(0.5));

        Assert.Equal(name, engine.Models[0].Engine);
        Assert.All(clip.Samples, s => Assert.True(float.IsFinite(s)));
    }
}
