using System.Net;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using MusicGen.Application.Nodes;
using MusicGen.Application.Persistence;
using MusicGen.Domain.Auditing;
using MusicGen.Domain.Generations;
using MusicGen.Domain.Identity;
using MusicGen.Infrastructure.Generations;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Edge;

/// <summary>Administrators' hands on nodes, queues and tasks, by the API and by the command line of a running server.</summary>
public sealed class AdminWorkTests : IAsyncLifetime
{
    private MusicGenApp _app = null!;

    [Fact]
    public async Task A_tier_is_paused_its_tasks_are_seen_cancelled_and_tried_again_and_it_goes_on()
    {
        using var user = await _app.RegisterAsync();
        using var admin = await _app.AdministratorAsync();
        using (var refused = await user.PostAsync("/api/v1/admin/tiers/free/pause"))
            await refused.MustBeProblemAsync(HttpStatusCode.Forbidden, "auth.forbidden");

        await DoneAsync(admin, "tiers/free/pause");
        await ClosedAsync();
        var (first, second) = (await user.StartAsync("a waltz in secret"), await user.StartAsync("another waltz"));

        var queue = (await admin.GetJsonAsync("/api/v1/admin/queues"))["items"]!.AsArray().Single(q => q!["tier"]!.GetValue<string>() == "free")!;
        Assert.Equal((true, 2, 0), (queue["paused"]!.GetValue<bool>(), queue["waiting"]!.GetValue<int>(), queue["running"]!.GetValue<int>()));
        var page = await admin.GetJsonAsync("/api/v1/admin/tasks?status=waiting&limit=1");
        Assert.Equal(second, page["items"]!.AsArray().Single()!["task_id"]!.GetValue<string>());
        Assert.DoesNotContain("waltz", page.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal(first, (await admin.GetJsonAsync($"/api/v1/admin/tasks?status=waiting&cursor={page["next_cursor"]}"))["items"]!.AsArray().Single()!["task_id"]!.GetValue<string>());

        using (var cancelled = await admin.PostAsync($"/api/v1/admin/tasks/{second}/cancel"))
            Assert.Equal("cancelled", (await cancelled.JsonAsync())["status"]!.GetValue<string>());
        using (var again = await admin.PostAsync($"/api/v1/admin/tasks/{second}/requeue"))
            await again.MustBeProblemAsync(HttpStatusCode.Conflict, "generation.not_failed");
        await FailAsync(first);
        Assert.Equal("It broke.", (await admin.GetJsonAsync("/api/v1/admin/tasks?status=failed"))["items"]!.AsArray().Single()!["error"]!["message"]!.GetValue<string>());
        using (var requeued = await admin.PostAsync($"/api/v1/admin/tasks/{first}/requeue"))
            Assert.Equal("pending", (await requeued.JsonAsync())["status"]!.GetValue<string>());

        await DoneAsync(admin, "tiers/free/resume");
        Assert.Equal("completed", (await user.WaitAsync(first))["status"]!.GetValue<string>());
        Assert.Equal(0, (await user.GetJsonAsync("/api/v1/quota"))["audio_seconds"]!["used"]!.GetValue<double>()); // one was cancelled, the other had failed
        Assert.Equal([AuditOutcome.Attempted, AuditOutcome.Succeeded], (await _app.EntriesAsync("nodes.pause_tier")).Select(e => e.Outcome));
        Assert.Equal($"generation:{first}", (await _app.EntriesAsync("generations.requeue_task"))[^1].Subject);
    }

    [Fact]
    public async Task The_node_is_seen_drained_and_resumed_by_the_api_and_the_command_line()
    {
        using var admin = await _app.AdministratorAsync();
        var node = (await NodesAsync(admin)).Single();
        var name = node["name"]!.GetValue<string>();
        Assert.Equal(("all", true, false), (node["role"]!.GetValue<string>(), node["alive"]!.GetValue<bool>(), node["draining"]!.GetValue<bool>()));

        await DoneAsync(admin, $"nodes/{name}/drain");
        await ClosedAsync();
        Assert.True((await NodesAsync(admin)).Single()["drain_ordered"]!.GetValue<bool>());
        var list = await RunAsync("nodes", "list");
        Assert.Contains($"{name}\tall\t", list.Output, StringComparison.Ordinal);
        Assert.Contains("\tdraining\t", list.Output, StringComparison.Ordinal);
        Assert.Equal($"{name} takes tasks again", (await RunAsync("nodes", "resume", name)).Output.Trim());
        await UntilAsync(async () => !(await NodesAsync(admin)).Single()["draining"]!.GetValue<bool>());

        await _app.Services.GetRequiredService<INodeRegistry>().GiveAsync(NodeOrder.Drain("old-pod"), TestContext.Current.CancellationToken);
        Assert.Equal("old-pod", (await admin.GetJsonAsync("/api/v1/admin/nodes"))["forgotten_to_drain"]!.AsArray().Single()!.GetValue<string>());
        Assert.Contains("old-pod\t\t\tforgotten, to drain", (await RunAsync("nodes", "list")).Output, StringComparison.Ordinal);
        Assert.Equal("old-pod takes tasks again", (await RunAsync("nodes", "resume", "old-pod")).Output.Trim());
        Assert.Empty((await admin.GetJsonAsync("/api/v1/admin/nodes"))["forgotten_to_drain"]!.AsArray());

        var unknown = await RunAsync("nodes", "load", "nobody", "m/x");
        Assert.Equal(1, unknown.ExitCode);
        Assert.Contains("There is no such node", unknown.Error, StringComparison.Ordinal);
        using (var builtIn = await admin.PostAsync($"/api/v1/admin/nodes/{name}/models/load", new { model = "embedded-composer" }))
            await builtIn.MustBeProblemAsync(HttpStatusCode.Conflict, "model.built_in");
        using (var missing = await admin.PostAsync($"/api/v1/admin/nodes/{name}/models/unload", new { model = "no/such" }))
            await missing.MustBeProblemAsync(HttpStatusCode.NotFound, "model.not_found");
        using (var nobody = await admin.PostAsync("/api/v1/admin/nodes/nobody/drain"))
            await nobody.MustBeProblemAsync(HttpStatusCode.NotFound, "node.not_found");
        Assert.Equal($"operator:{Environment.UserName}", (await _app.EntriesAsync("nodes.resume"))[^1].Actor);
    }

    [Fact]
    public async Task The_command_line_lists_and_pauses_queues_and_tries_tasks_again()
    {
        using var user = await _app.RegisterAsync();
        var task = await user.StartAsync("a waltz in secret");
        await user.WaitAsync(task);

        Assert.Equal("premium is paused", (await RunAsync("queue", "pause", "premium")).Output.Trim());
        var queues = (await RunAsync("queue", "list")).Output.Trim().Split('\n').Select(l => string.Join(' ', l.Split('\t')[..2]));
        Assert.Equal(["free open", "premium paused", "enterprise open"], queues);
        var tasks = await RunAsync("tasks", "list", "--status", "all");
        Assert.Contains($"{task}\t", tasks.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("waltz", tasks.Output, StringComparison.Ordinal);
        var ended = await RunAsync("tasks", "requeue", task);
        Assert.Equal(1, ended.ExitCode);
        Assert.Contains("Only a task that failed or runs can be tried again", ended.Error, StringComparison.Ordinal);
    }

    public async ValueTask InitializeAsync() => _app = await MusicGenApp.StartAsync();

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static async Task DoneAsync(Browser admin, string path)
    {
        using var done = await admin.PostAsync($"/api/v1/admin/{path}");
        await done.MustBeAsync(HttpStatusCode.NoContent);
    }

    private static async Task<List<System.Text.Json.Nodes.JsonNode>> NodesAsync(Browser admin) =>
        [.. (await admin.GetJsonAsync("/api/v1/admin/nodes"))["items"]!.AsArray().Select(n => n!)];

    private Task<ProgramRun> RunAsync(params string[] arguments) => ServerProcess.RunAsync(arguments, _app.Variables());

    private Task ClosedAsync() => UntilAsync(() => Task.FromResult(_app.Services.GetRequiredService<OpenQueues>().Of(Tier.Free).Names.Count == 0));

    private static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!await isSo())
            await Task.Delay(100, patience.Token);
    }

    // As its worker would.
    private Task<int> FailAsync(string id) => _app.InScopeAsync(async services =>
    {
        var db = services.GetRequiredService<IMusicGenDbContext>();
        Assert.True(GenerationId.TryParse(id, out var task));
        Assert.True((await db.Generations.SingleAsync(g => g.Id == task)).Fail(0, GenerationErrors.EngineFailed, "It broke.", DateTimeOffset.UtcNow));
        return await db.SaveChangesAsync(CancellationToken.None);
    });
}
