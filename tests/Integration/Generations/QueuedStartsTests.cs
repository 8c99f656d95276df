using MusicGen.Application.Generations;
using MusicGen.Application.Generations.CancelGeneration;
using MusicGen.Application.Generations.DeleteGeneration;
using MusicGen.Domain.Generations;
using MusicGen.Domain.Identity;
using MusicGen.Infrastructure.Generations;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Generations;

/// <summary>Starts that wait in a queue are those of tasks that wait, one for each.</summary>
public sealed class QueuedStartsTests(RedisServers servers) : NodesOfOneService
{

    private string Queue => $"mg:{{test-{User}}}:queue:{OpenQueues.NameOf(Tier.Enterprise, StagedEngine.Id)}";

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task A_task_that_is_cancelled_or_deleted_while_it_waits_takes_its_start_along(RedisKind kind)
    {
        var node = await NodeAsync(kind);
        var ids = new List<GenerationId>();
        for (var i = 0; i < 4; i++)
            ids.Add(await node.AcceptAsync($"piano {i}"));

        await node.SendAsync(new CancelGenerationCommand(ids[0].ToString()));
        await node.SendAsync(new CancelGenerationCommand(ids[2].ToString()));
        await node.SendAsync(new DeleteGenerationCommand(ids[3].ToString()));

        Assert.Equal(1, await CountAsync(node));
        await node.StartAsync();
        await node.UntilAsync(ids[1], t => t.Status == GenerationStatus.Completed);
        Assert.Equal(["piano 1"], node.Engine.Started);
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task A_running_task_that_is_cancelled_leaves_nothing_behind(RedisKind kind)
    {
        var node = await NodeAsync(kind);
        node.Engine.StepTime = TimeSpan.FromMilliseconds(50);
        await node.StartAsync();
        var id = await node.AcceptAsync();
        await node.UntilAsync(id, t => t.Status == GenerationStatus.Processing);

        await node.SendAsync(new CancelGenerationCommand(id.ToString()));

        Assert.Equal((GenerationStatus.Cancelled, 0), ((await node.TaskAsync(id)).Status, await CountAsync(node)));
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task Only_the_start_that_is_missing_is_put_back(RedisKind kind)
    {
        var node = await NodeAsync(kind);
        for (var i = 0; i < 4; i++)
            await node.AcceptAsync($"piano {i}");
        var lost = (string)(await node.Redis.ListGetByIndexAsync(Queue, -2))!;
        await node.Redis.ListRemoveAsync(Queue, lost); // fetched by a process that died

        await node.SweepAsync(await node.SweepAsync());

        Assert.Equal(4, await CountAsync(node));
        Assert.DoesNotContain(lost, (await node.Redis.ListRangeAsync(Queue)).Select(j => (string)j!));
        await node.StartAsync();
        foreach (var task in await node.WithDatabaseAsync(db => Task.FromResult(db.Generations.Select(g => g.Id).ToList())))
            await node.UntilAsync(task, t => t.Status == GenerationStatus.Completed);
        Assert.Equal(4, node.Engine.Starts);
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task Tasks_wait_in_their_queue_and_not_at_a_node_whose_places_are_taken(RedisKind kind)
    {
        var node = await NodeAsync(kind);
        node.Engine.Places = 1;
        var go = new TaskCompletionSource();
        node.Engine.BeforeStep = (_, _) => go.Task;
        await node.StartAsync();
        var ids = new List<GenerationId> { await node.AcceptAsync("piano 0") };
        await node.UntilAsync(ids[0], t => t.Status == GenerationStatus.Processing); // else its workers may take two, and the other be first
        for (var i = 1; i < 3; i++)
            ids.Add(await node.AcceptAsync($"piano {i}"));
        await Task.Delay(500, CancellationToken.None); // its other worker could take one in it

        Assert.Equal((1, 2), (node.Engine.Starts, await CountAsync(node)));
        Assert.Equal(ids[1..].Select(id => id.ToString()), await WaitingAsync(node)); // what had to go back kept its place
        Assert.Equal([ids[0].ToString()], node.Get<MusicGen.Infrastructure.Nodes.RunningTasks>().Ids);

        go.SetResult();
        foreach (var id in ids)
            await node.UntilAsync(id, t => t.Status == GenerationStatus.Completed);
        Assert.Equal(["piano 0", "piano 1", "piano 2"], node.Engine.Started.Order(StringComparer.Ordinal)); // none twice
    }

    /// <summary>The tasks of the starts in the queue, the next one first.</summary>
    private async Task<IEnumerable<string>> WaitingAsync(GenerationNode node)
    {
        using var connection = node.Get<Hangfire.JobStorage>().GetConnection();
        var starts = await node.Redis.ListRangeAsync(Queue);
        return [.. starts.Reverse().Select(s => (string)connection.GetJobData(s!).Job.Args[0])];
    }

    private static Task<long> CountAsync(GenerationNode node) =>
        node.Get<IGenerationQueue>().CountAsync(Tier.Enterprise, StagedEngine.Id, CancellationToken.None);

    private async Task<GenerationNode> NodeAsync(RedisKind kind) => await AddAsync(await servers.NodeAsync(kind));
}
