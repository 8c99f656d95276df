using System.Net;
using System.Text.Json.Nodes;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using MusicGen.Application.Identity.SetTier;
using MusicGen.Infrastructure.Inference.Audio;
using MusicGen.Infrastructure.Inference.Kernels;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Inference;

/// <summary>Checkpoints as clients of the service meet them.</summary>
[Collection(Reference.Torch)]
public sealed class ModelJourneyTests
{
    public ModelJourneyTests() => Reference.NeedTorch();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_song_by_a_checkpoint_goes_on_in_another_and_lends_a_third_its_melody()
    {
        using var models = new ModelFolders("mono", "melody");
        await using var app = await StartAsync(models);
        using var browser = await PremiumAsync(app);

        var listed = await browser.GetJsonAsync("/api/v1/models");
        var ids = listed["items"]!.AsArray().Select(m => m!["id"]!.GetValue<string>()).ToList();
        Assert.Equal(["acme/melody", "acme/mono", "embedded-composer"], ids.Order(StringComparer.Ordinal));
        Assert.NotEqual("embedded-composer", ids[0]); // a network is better than rules, and the default
        var mono = await browser.GetJsonAsync("/api/v1/models/acme/mono");
        Assert.Equal(($"simd-{KernelSelection.Best.Name}-fp32", true, 32000, 1, "unknown", false), (Text(mono["engine"]), mono["neural"]!.GetValue<bool>(), mono["sample_rate"]!.GetValue<int>(), mono["channels"]!.GetValue<int>(), Text(mono["licence"]), mono["loaded"]!.GetValue<bool>()));
        Assert.DoesNotContain("melody_from", Texts(mono["supports"]));
        Assert.Contains("melody_from", Texts((await browser.GetJsonAsync("/api/v1/models/acme/melody"))["supports"]));

        var first = await MakeAsync(browser, new { prompt = "a calm piano", duration = 1.0, seed = 5, model = "acme/mono", normalize = "none" });
        var again = await MakeAsync(browser, new { prompt = "a calm piano", duration = 1.0, seed = 5, model = "acme/mono", normalize = "none" });
        var longer = await MakeAsync(browser, new { prompt = "a calm piano", duration = 2.5, seed = 5, model = "acme/mono", continue_from = first, normalize = "none" });
        var sung = await MakeAsync(browser, new { prompt = "a calm piano", duration = 1.0, seed = 5, model = "acme/melody", melody_from = longer });

        Assert.Equal(await SamplesAsync(browser, first), await SamplesAsync(browser, again));
        Assert.Equal(32000, (await SamplesAsync(browser, first)).Length);
        Assert.Equal(80000, (await SamplesAsync(browser, longer)).Length);
        Assert.Equal(32000, (await SamplesAsync(browser, sung)).Length);
        Assert.True((await browser.GetJsonAsync("/api/v1/models/acme/mono"))["loaded"]!.GetValue<bool>());
        var task = await browser.TaskAsync(longer);
        Assert.Equal((true, "acme/mono", 2.5), (task["neural"]!.GetValue<bool>(), Text(task["model"]), task["duration"]!.GetValue<double>()));
        Assert.Equal(task["steps_total"]!.GetValue<int>(), task["steps_done"]!.GetValue<int>());
    }

    [Fact]
    public async Task What_cannot_be_honoured_is_refused_by_name()
    {
        using var models = new ModelFolders("mono");
        await using var app = await StartAsync(models);
        using var browser = await PremiumAsync(app);
        using var stranger = await PremiumAsync(app);
        var source = await MakeAsync(browser, new { prompt = "x", duration = 1.0, model = "acme/mono" });

        await RefusedAsync(browser, new { prompt = "x", duration = 1.0, model = "acme/mono", melody_from = source }, HttpStatusCode.UnprocessableEntity, "generation.unsupported_field", "melody_from");
        await RefusedAsync(browser, new { prompt = "x", duration = 1.0, model = "acme/mono", sample_rate = 44100 }, HttpStatusCode.UnprocessableEntity, "generation.unsupported_field", "sample_rate");
        await RefusedAsync(browser, new { prompt = "x", duration = 1.0, model = "acme/mono", do_sample = false, top_k = 5 }, HttpStatusCode.UnprocessableEntity, "generation.unsupported_field", "top_k");
        await RefusedAsync(browser, new { prompt = "x", duration = 1.0, model = "acme/mono", guidance_scale = 1, negative_prompt = "y" }, HttpStatusCode.UnprocessableEntity, "generation.unsupported_field", "negative_prompt");
        await RefusedAsync(browser, new { prompt = "x", duration = 1.0, model = "acme/mono", continue_from = source }, HttpStatusCode.BadRequest, "request.invalid", "duration");
        await RefusedAsync(stranger, new { prompt = "x", duration = 2.0, model = "acme/mono", continue_from = source }, HttpStatusCode.NotFound, "generation.not_found", null);
        var unfinished = await (await browser.GenerateAsync(new { prompt = "x", duration = 60, model = "acme/mono" })).JsonAsync();
        await RefusedAsync(browser, new { prompt = "x", duration = 61.0, model = "acme/mono", continue_from = Text(unfinished["task_id"]) }, HttpStatusCode.Conflict, "generation.not_completed", null);
    }

    [Fact]
    public async Task Noncommercial_weights_need_acceptance_and_serve_paying_tiers_by_the_operators_word_only()
    {
        using var models = new ModelFolders("mono");
        await File.WriteAllTextAsync(Path.Combine(models.Path, "acme/mono/README.md"), "---\nlicense: cc-by-nc-4.0\n---\n# A model\n", Ct);
        await using (var before = await StartAsync(models))
        {
            using var anybody = await before.RegisterAsync();
            Assert.Equal("embedded-composer", Text((await anybody.GetJsonAsync("/api/v1/models"))["items"]![0]!["id"]));
            Assert.Equal("degraded", Text((await anybody.GetJsonAsync("/health/ready"))["checks"]!["models"]));
        }

        var variables = new Dictionary<string, string>(StringComparer.Ordinal) { ["MODEL_PATH"] = models.Path, ["MUSICGEN_DATA"] = models.Path };
        var refused = await ServerProcess.RunAsync(["generate", "x", "--model", "acme/mono", "--out", "x.wav"], variables, workingFolder: Path.GetTempPath());
        Assert.Contains("models accept acme/mono", refused.Error, StringComparison.Ordinal);
        var accepted = await ServerProcess.RunAsync(["models", "accept", "acme/mono", "--accept-license"], variables);
        Assert.True(accepted.ExitCode == 0, accepted.Error);
        Assert.Contains("cc-by-nc-4.0, which forbids commercial use", accepted.Error, StringComparison.Ordinal);
        Assert.Contains("files, as pulled", (await ServerProcess.RunAsync(["models", "verify", "acme/mono"], variables)).Output, StringComparison.Ordinal);

        await using (var app = await StartAsync(models))
        {
            using var free = await app.RegisterAsync();
            using var paying = await PremiumAsync(app);
            await MakeAsync(free, new { prompt = "x", duration = 1.0, model = "acme/mono" });
            Assert.Equal("acme/mono", Text((await free.GetJsonAsync("/api/v1/models"))["items"]![0]!["id"]));
            Assert.Equal("embedded-composer", Text((await paying.GetJsonAsync("/api/v1/models"))["items"]![0]!["id"]));
            await RefusedAsync(paying, new { prompt = "x", duration = 1.0, model = "acme/mono" }, HttpStatusCode.UnprocessableEntity, "model.noncommercial", "model");
            Assert.Equal("embedded-composer", Text((await paying.TaskAsync(await MakeAsync(paying, new { prompt = "x", duration = 1.0 })))["model"]));
            Assert.Equal("healthy", Text((await free.GetJsonAsync("/health/ready"))["checks"]!["models"]));
        }

        await using var allowed = await StartAsync(models, ("ALLOW_NONCOMMERCIAL_WEIGHTS", "true"));
        using var customer = await PremiumAsync(allowed);
        Assert.Equal("acme/mono", Text((await customer.TaskAsync(await MakeAsync(customer, new { prompt = "x", duration = 1.0 })))["model"]));
    }

    [Fact]
    public async Task A_broken_checkpoint_is_not_offered_and_the_service_serves_on()
    {
        using var models = new ModelFolders("mono", "stereo");
        var file = Path.Combine(models.Path, "acme/stereo/model.safetensors");
        await File.WriteAllBytesAsync(file, (await File.ReadAllBytesAsync(file, Ct))[..^1], Ct);
        await using var app = await StartAsync(models);
        using var browser = await app.RegisterAsync();

        var ids = (await browser.GetJsonAsync("/api/v1/models"))["items"]!.AsArray().Select(m => Text(m!["id"]));
        Assert.Equal(["acme/mono", "embedded-composer"], ids);
        using var health = await browser.GetAsync("/health/ready");
        Assert.Equal(HttpStatusCode.OK, health.StatusCode);
        Assert.Equal("degraded", Text((await health.JsonAsync())["checks"]!["models"]));
        await RefusedAsync(browser, new { prompt = "x", duration = 1.0, model = "acme/stereo" }, HttpStatusCode.NotFound, "model.not_found", "model");
        var list = await ServerProcess.RunAsync(["models", "list"], new Dictionary<string, string> { ["MODEL_PATH"] = models.Path, ["MUSICGEN_DATA"] = models.Path });
        Assert.Contains("acme/stereo\tnot offered\tunknown\tmodel.safetensors can't be read", list.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_command_line_makes_the_references_song_and_writes_its_codes()
    {
        using var models = new ModelFolders();
        var run = await ServerProcess.RunAsync(
            [
                "generate", "a calm piano melody in a minor key, 80 bpm", "--model", Reference.FolderOf("stereo"), "--greedy", "--guidance", "3",
                "--seconds", "1.14", "--format", "wav-f32", "--normalize", "none", "--out", "a.wav", "--codes", "a.json", "--json",
            ],
            new Dictionary<string, string>(StringComparer.Ordinal), workingFolder: models.Path);

        Assert.True(run.ExitCode == 0, run.Error);
        using var reference = new Reference("stereo");
        await using var file = File.OpenRead(Path.Combine(models.Path, "a.wav"));
        var clip = WavFile.Read(file);
        var channels = Resampler.ToChannels(clip.Samples, 2, 2).SelectMany(c => c).ToArray();
        Assert.InRange(Reference.Distance(channels, reference.Floats("guided_audio")), 0, 1e-4);
        var codes = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(models.Path, "a.json"), Ct))!;
        Assert.Equal((8, 57, 57), (codes["codes"]!.AsArray().Count, codes["codes"]![0]!.AsArray().Count, codes["frames"]!.GetValue<int>()));
        Assert.Contains("100 %", run.Error, StringComparison.Ordinal);
        Assert.Equal($"simd-{KernelSelection.Best.Name}-fp32", Text(JsonNode.Parse(run.Output)!["engine"]));
    }

    [Theory]
    [InlineData("--top-k with --greedy", "--greedy", "--top-k", "10")]
    [InlineData("--melody: not supported by", "--melody", "m.wav")]
    public async Task Options_without_effect_are_bad_usage(string says, params string[] options)
    {
        using var models = new ModelFolders();

        var run = await ServerProcess.RunAsync(
            ["generate", "x", "--model", Reference.FolderOf("mono"), "--out", "a.wav", .. options], new Dictionary<string, string>(StringComparer.Ordinal), workingFolder: models.Path);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains(says, run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--continue gone.wav can't be read", "--continue", "gone.wav")]
    [InlineData("--continue bad.wav can't be read: Not a WAV file", "--continue", "bad.wav")]
    [InlineData("A CPU computes in fp32, bf16 or int8", "--precision", "fp16", "--device", "cpu")]
    public async Task What_cannot_be_done_is_a_failure_in_one_line(string says, params string[] options)
    {
        using var models = new ModelFolders();
        await File.WriteAllTextAsync(Path.Combine(models.Path, "bad.wav"), "no sound at all", Ct);

        var run = await ServerProcess.RunAsync(
            ["generate", "x", "--model", Reference.FolderOf("mono"), "--out", "a.wav", .. options], new Dictionary<string, string>(StringComparer.Ordinal), workingFolder: models.Path);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains(says, run.Error.Trim().Split('\n')[^1], StringComparison.Ordinal);
    }

    private static Task<MusicGenApp> StartAsync(ModelFolders models, params (string Name, string Value)[] more) =>
        MusicGenApp.StartAsync([("MODEL_PATH", models.Path), ("INFERENCE_DEVICE", "cpu"), .. more]);

    private static async Task<Browser> PremiumAsync(MusicGenApp app)
    {
        var browser = await app.RegisterAsync();
        var result = await app.InScopeAsync(s => s.GetRequiredService<ISender>().Send(new SetTierCommand(browser.Email, "premium"), Ct));
        Assert.True(result.IsSuccess);
        return browser;
    }

    private static async Task<string> MakeAsync(Browser browser, object request)
    {
        using var answer = await browser.GenerateAsync(request);
        await answer.MustBeAsync(HttpStatusCode.Accepted);
        var id = Text((await answer.JsonAsync())["task_id"]);
        var task = await browser.WaitAsync(id);
        Assert.True(Text(task["status"]) == "completed", task.ToJsonString());
        return id;
    }

    private static async Task RefusedAsync(Browser browser, object request, HttpStatusCode status, string code, string? field)
    {
        using var answer = await browser.GenerateAsync(request);
        await answer.MustBeProblemAsync(status, code);
        if (field is not null)
            Assert.NotNull((await answer.JsonAsync())["errors"]![field]);
    }

    private static async Task<float[]> SamplesAsync(Browser browser, string task)
    {
        using var answer = await browser.GetAsync($"/api/v1/generate/{task}/audio?format=wav-f32");
        using var stream = new MemoryStream(await answer.Content.ReadAsByteArrayAsync(Ct));
        return WavFile.Read(stream).Samples;
    }

    private static string Text(JsonNode? node) => node!.GetValue<string>();

    private static IEnumerable<string> Texts(JsonNode? node) => node!.AsArray().Select(Text);
}
