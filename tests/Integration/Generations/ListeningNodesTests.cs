using MusicGen.Application.Generations.RunGeneration;
using MusicGen.Domain.Identity;
using MusicGen.Infrastructure.Redis;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Generations;

/// <summary>Who hears what of a task that one of two nodes makes.</summary>
public sealed class ListeningNodesTests(RedisServers servers) : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("musicgen-listen-").FullName;
    private readonly UserId _user = UserId.New(DateTimeOffset.UtcNow);
    private readonly List<GenerationNode> _nodes = [];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task The_node_that_makes_it_lets_it_be_heard_and_the_other_has_the_same_bytes_when_it_is_done(RedisKind kind)
    {
        var (maker, other) = (await NodeAsync(kind), await NodeAsync(kind));
        var id = await maker.AcceptAsync(normalize: "none");
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        maker.Engine.BeforeStep = (step, ct) => step == 50 ? goOn.Task.WaitAsync(ct) : Task.CompletedTask;

        var here = maker.ListenAsync(id);
        var there = other.ListenAsync(id);
        var running = maker.SendAsync(new RunGenerationCommand(id));
        var live = (await here).Value.Live!;
        await using (var parts = live.Parts.GetAsyncEnumerator(Ct))
        {
            for (var heard = 0; heard < 44 + (40_000 * 2); heard += parts.Current.Length)
                Assert.True(await parts.MoveNextAsync()); // half of it, which is all there is
        }

        Assert.False(there.IsCompleted);
        goOn.SetResult();
        await running;

        await using var file = (await there).Value.File!.Content;
        var bytes = new byte[file.Length];
        await file.ReadExactlyAsync(bytes, Ct);
        Assert.Equal(bytes, await AllAsync(live.Parts));
        Assert.Equal(44 + (80_000 * 2), bytes.Length);
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task A_worker_that_lost_its_lease_is_not_heard_to_the_end(RedisKind kind)
    {
        var maker = await NodeAsync(kind);
        var id = await maker.AcceptAsync(normalize: "none");
        maker.Engine.BeforeStep = async (step, ct) =>
        {
            if (step == 50)
            {
                await maker.Redis.KeyDeleteAsync(RedisKeys.GenerationLease(id)); // as if it had been paused for four seconds
                await Task.Delay(Timeout.Infinite, ct);
            }
        };

        var here = maker.ListenAsync(id);
        await maker.SendAsync(new RunGenerationCommand(id));
        var live = (await here).Value.Live!;

        Assert.Equal(44 + (40_000 * 2), (await AllAsync(live.Parts)).Length);
        Assert.Equal(44 + (80_000 * 2), live.Length);
    }

    public async ValueTask InitializeAsync() => await Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
            await node.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<GenerationNode> NodeAsync(RedisKind kind)
    {
        var node = new GenerationNode(await servers.NodeAsync(kind), _folder, _user, new StagedEngine());
        if (_nodes.Count == 0)
            await node.CreateDatabaseAsync();
        _nodes.Add(node);
        return node;
    }

    private static async Task<byte[]> AllAsync(IAsyncEnumerable<ReadOnlyMemory<byte>> parts)
    {
        using var all = new MemoryStream();
        await foreach (var part in parts.WithCancellation(Ct))
            all.Write(part.Span);
        return all.ToArray();
    }
}
