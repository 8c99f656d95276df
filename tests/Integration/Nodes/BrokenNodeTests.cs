using MusicGen.Application.Generations;
using MusicGen.Application.Generations.GenerateMusic;
using MusicGen.Application.Nodes;
using MusicGen.Domain.Generations;
using MusicGen.Infrastructure.Nodes;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Nodes;

/// <summary>A node that can't make what others can costs nobody a song.</summary>
public sealed class BrokenNodeTests : NodesOfOneService
{
    private const string Model = "m/shared";

    private readonly OwnRedis _redis = new();

    public static TheoryData<RedisKind> Kinds => RedisServers.Kinds;

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_song_that_is_too_big_for_one_node_is_made_by_another(RedisKind kind)
    {
        var (small, big) = await TwoAsync(kind, NodeFault.Memory);
        big.Engine.Places = 0; // the other is the one that takes it

        var id = await AcceptAsync(small);
        await small.UntilAsync(id, t => t is { Status: GenerationStatus.Pending, Attempts: 1 });
        await Task.Delay(1500, CancellationToken.None); // it could take it again in it
        Assert.Equal(1, small.Engine.Starts);
        big.Engine.Places = 1;
        var task = await small.UntilAsync(id, t => t.IsFinished);

        Assert.Equal((GenerationStatus.Completed, 2), (task.Status, task.Attempts));
        Assert.Equal((1, 1), (small.Engine.Starts, big.Engine.Starts));
        Assert.Contains(Model, small.Get<OwnModels>().Models.Select(m => m.Id)); // shorter ones it makes itself
        Assert.Equal(1, (await small.UsageAsync()).Windows.Min(w => w.Used));
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_song_that_a_node_couldnt_make_is_taken_from_the_other_where_that_one_dies(RedisKind kind)
    {
        var (small, big) = await TwoAsync(kind, NodeFault.Memory);
        big.Engine.Places = 0;
        var id = await AcceptAsync(small);
        await small.UntilAsync(id, t => t is { Status: GenerationStatus.Pending, Attempts: 1 });
        small.Engine.BeforeStep = (_, _) => Task.CompletedTask; // there is memory now

        await big.StopAsync();

        Assert.Equal(GenerationStatus.Completed, (await small.UntilAsync(id, t => t.IsFinished)).Status);
        Assert.Equal((2, 0), (small.Engine.Starts, big.Engine.Starts));
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_node_that_cant_load_a_model_leaves_it_to_others_and_says_so(RedisKind kind)
    {
        var (broken, sound) = await TwoAsync(kind, NodeFault.Model);
        sound.Engine.Places = 0;

        var first = await AcceptAsync(broken);
        await broken.UntilAsync(first, t => t is { Status: GenerationStatus.Pending, Attempts: 1 });
        await UntilAsync(() => !StateOf(broken).Models.Any(m => m.Id == Model)); // the others are told
        sound.Engine.Places = 4;
        var ids = new List<GenerationId> { first };
        for (var i = 0; i < 4; i++)
            ids.Add(await AcceptAsync(broken));

        foreach (var id in ids)
            Assert.Equal(GenerationStatus.Completed, (await broken.UntilAsync(id, t => t.IsFinished)).Status);
        Assert.Equal((1, 5), (broken.Engine.Starts, sound.Engine.Starts));
        Assert.Contains(StateOf(broken).Problems, p => p.StartsWith("m/shared: left to other nodes until", StringComparison.Ordinal));
        Assert.NotNull(broken.Get<IModelCatalogue>().Find(Model)); // the service still has it

        await sound.StopAsync(); // and where it is alone it tries again
        var alone = await AcceptAsync(broken);
        var failed = await broken.UntilAsync(alone, t => t.IsFinished);
        Assert.Equal((GenerationStatus.Failed, "Model"), (failed.Status, failed.ErrorMessage));
        await broken.UntilUsedAsync(5);
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await _redis.DisposeAsync();
    }

    private static NodeState StateOf(GenerationNode node)
    {
        var name = node.Get<Microsoft.Extensions.Options.IOptions<NodeOptions>>().Value.Name;
        return node.Get<INodeRegistry>().Board.Nodes.Single(n => n.State.Name == name).State;
    }

    private static async Task<GenerationId> AcceptAsync(GenerationNode node)
    {
        var accepted = await node.SendAsync(new GenerateMusicCommand { Prompt = "calm piano", Model = Model });
        Assert.True(accepted.IsSuccess, accepted.IsSuccess ? null : accepted.Error.Code);
        Assert.True(GenerationId.TryParse(accepted.Value.TaskId, out var id));
        return id;
    }

    // Two nodes that know of each other; the first can't make a thing.
    private async Task<(GenerationNode Broken, GenerationNode Sound)> TwoAsync(RedisKind kind, NodeFault fault)
    {
        for (var i = 0; i < 2; i++)
        {
            var node = await AddAsync(await _redis.NodeAsync(kind), new StagedEngine { Models = [StagedEngine.Model(Model)] });
            await node.StartAsync();
        }

        Nodes[0].Engine.BeforeStep = (_, _) => throw new MusicGenerationException(fault.ToString()) { Fault = fault };
        await UntilAsync(() => Nodes.TrueForAll(n => n.Get<INodeRegistry>().Board.Nodes.Count == 2));
        return (Nodes[0], Nodes[1]);
    }
}
