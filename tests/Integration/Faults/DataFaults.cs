using System.Net;
using MusicGen.Domain.Generations;
using MusicGen.Domain.Identity;
using MusicGen.Integration.Identity;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Faults;

/// <summary>What the original service did wrong with people's data, by the number of the fault.</summary>
public sealed class DataFaults(MusicGenApp app, RedisServers servers)
{
    [Fact]
    public async Task Fault_25_what_belongs_to_somebody_else_is_simply_not_found()
    {
        using var ada = await app.RegisterAsync();
        using var eve = await app.RegisterAsync();
        var task = await ada.StartAsync("nobody else's bell");
        await ada.WaitAsync(task);
        await ada.StepUpAsync();
        var export = await AccountDataTests.ExportAsync(ada);

        foreach (var path in new[] { "", "/audio", "/peaks", "/events", "/stream" })
        {
            using var answer = await eve.GetAsync($"/api/v1/generate/{task}{path}");
            await answer.MustBeProblemAsync(HttpStatusCode.NotFound, "generation.not_found");
        }

        using var cancelled = await eve.PostAsync($"/api/v1/generate/{task}/cancel");
        await cancelled.MustBeProblemAsync(HttpStatusCode.NotFound, "generation.not_found");
        using var deleted = await eve.DeleteAsync($"/api/v1/generate/{task}");
        await deleted.MustBeProblemAsync(HttpStatusCode.NotFound, "generation.not_found");
        using var fetched = await eve.GetAsync($"/api/v1/account/export/{export}");
        await fetched.MustBeProblemAsync(HttpStatusCode.NotFound, "export.not_found");
        using var users = await eve.GetAsync("/api/v1/admin/users");
        await users.MustBeProblemAsync(HttpStatusCode.Forbidden, "auth.forbidden");
        Assert.NotEmpty(await ada.AudioAsync(task));
    }

    [Theory, InlineData("/api/v1/models/load"), InlineData("/api/v1/models/unload"), InlineData("/api/v1/cache/flush")]
    public async Task Fault_25_no_route_loads_or_drops_models_or_caches(string path)
    {
        using var eve = await app.RegisterAsync();

        using var answer = await eve.PostAsync(path);

        Assert.Contains(await answer.CodeAsync(), new[] { "route.not_found", "request.method" });
    }

    [Fact]
    public async Task Fault_25_an_exceptions_own_words_never_reach_the_client()
    {
        var folder = Directory.CreateTempSubdirectory("musicgen-fault-").FullName;
        var engine = new StagedEngine { BeforeStep = (_, _) => throw new InvalidOperationException("secret of /srv/models at 10.0.0.1") };
        await using (var node = new GenerationNode(await servers.NodeAsync(RedisKind.Garnet), folder, UserId.New(DateTimeOffset.UtcNow), engine))
        {
            await node.CreateDatabaseAsync();
            await node.StartAsync();

            var task = await node.UntilAsync(await node.AcceptAsync(), t => t.IsFinished);

            Assert.Equal((GenerationStatus.Failed, GenerationErrors.EngineFailed), (task.Status, task.ErrorCode));
            Assert.DoesNotContain("secret", task.ErrorMessage, StringComparison.Ordinal);
            Assert.Contains("our side", task.ErrorMessage, StringComparison.Ordinal);
        }

        Directory.Delete(folder, recursive: true);
    }
}
