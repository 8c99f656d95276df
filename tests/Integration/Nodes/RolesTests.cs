using System.Runtime.Versioning;
using MusicGen.Integration.Inference;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Nodes;

/// <summary>What a role means for a process of its own.</summary>
[Collection(Reference.Torch), UnsupportedOSPlatform("windows")]
public sealed class RolesTests
{
    [Fact]
    public async Task An_api_node_takes_a_neural_models_task_and_never_loads_libtorch_which_the_worker_does()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Elsewhere a process doesn't tell what it has mapped.");
        Reference.NeedTorch();
        using var models = new ModelFolders("mono");
        await using var redis = await RunningRedis.StartAsync(RedisKind.Garnet, $"{models.Path}/redis");
        (string, string)[] shared =
        [
            ("REDIS_URL", redis.ConnectionString), ("JWT_SECRET_KEY", "a secret of the two nodes of this test, and of no other"),
            ("DATABASE_PROVIDER", "sqlite"), ("DATABASE_URL", $"Data Source={models.Path}/shared.db"), ("AUDIO_PATH", $"{models.Path}/audio"),
            ("MODEL_PATH", models.Path),
        ];
        await using var worker = await ServerProcess.StartAsync([.. shared, ("NODE_ROLE", "worker"), ("NODE_NAME", "engine")]);
        await using var api = await ServerProcess.StartAsync([.. shared, ("NODE_ROLE", "api"), ("NODE_NAME", "door")]);
        using var browser = api.NewBrowser();
        await browser.RegisterAsync();
        for (var attempt = 0; !(await browser.GetJsonAsync("/api/v1/models")).ToJsonString().Contains("acme/mono", StringComparison.Ordinal); attempt++)
        {
            Assert.True(attempt < 100, "The worker's model is not offered.");
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }

        using var accepted = await browser.GenerateAsync(new { prompt = "calm piano", duration = 1.0, model = "acme/mono" });
        var task = await browser.WaitAsync((await accepted.JsonAsync())["task_id"]!.GetValue<string>());

        Assert.Equal("completed", task["status"]!.GetValue<string>());
        Assert.Contains("libtorch", Mapped(worker), StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("libtorch", Mapped(api), StringComparison.OrdinalIgnoreCase);
    }

    private static string Mapped(ServerProcess process) => File.ReadAllText($"/proc/{process.Id}/maps");
}
