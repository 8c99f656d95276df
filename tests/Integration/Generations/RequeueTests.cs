using MusicGen.Application.Generations.RequeueTask;
using MusicGen.Application.Generations.RunGeneration;
using MusicGen.Domain.Generations;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Generations;

/// <summary>A task that an administrator takes from a worker that hangs, or has tried again after it failed.</summary>
public sealed class RequeueTests(RedisServers servers) : NodesOfOneService
{

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task A_task_of_a_hanging_worker_is_made_by_another_once_and_charged_once(RedisKind kind)
    {
        var (hanging, other) = (await NodeAsync(kind), await NodeAsync(kind));
        var (hangs, wakes) = (new TaskCompletionSource(), new TaskCompletionSource());
        hanging.Engine.BeforeStep = async (step, _) =>
        {
            if (step != StagedEngine.Steps - 1)
                return;
            hangs.TrySetResult();
            await wakes.Task;
        };
        var id = await hanging.AcceptAsync();
        var asleep = hanging.SendAsync(new RunGenerationCommand(id));
        await hangs.Task;

        Assert.Equal("pending", (await other.SendAsync(new RequeueTaskCommand(id.ToString()))).Value.Status);
        await other.SendAsync(new RunGenerationCommand(id));
        var made = await other.TaskAsync(id);
        wakes.SetResult();
        await asleep;

        Assert.Equal((GenerationStatus.Completed, 1, 1), (made.Status, made.Attempts, other.Engine.Starts));
        Assert.Equal(made.Version, (await other.TaskAsync(id)).Version); // the other one came too late
        Assert.Equal((1, 10), await UsedAsync(other));
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task A_failed_task_is_found_by_the_workers_and_made_free_of_charge(RedisKind kind)
    {
        var node = await NodeAsync(kind);
        node.Engine.BeforeStep = (_, _) => throw new InvalidOperationException("broken");
        var id = await node.AcceptAsync();
        await node.SendAsync(new RunGenerationCommand(id));
        Assert.Equal((GenerationStatus.Failed, (0d, 0d)), ((await node.TaskAsync(id)).Status, await UsedAsync(node)));
        node.Engine.BeforeStep = (_, _) => Task.CompletedTask;

        // Ten presses at once are one.
        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => node.SendAsync(new RequeueTaskCommand(id.ToString()))));
        await node.StartAsync();
        var task = await node.UntilAsync(id, t => t.IsFinished);

        Assert.Equal((GenerationStatus.Completed, null, 2), (task.Status, task.ErrorCode, node.Engine.Starts));
        Assert.Equal((0, 0), await UsedAsync(node));
    }

    private async Task<GenerationNode> NodeAsync(RedisKind kind) => await AddAsync(await servers.NodeAsync(kind));

    private static async Task<(double Generations, double Seconds)> UsedAsync(GenerationNode node)
    {
        var usage = await node.UsageAsync();
        return (usage.Windows[2].Used, usage.AudioSeconds.Used);
    }
}
