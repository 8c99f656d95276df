using MusicGen.Application.Generations;
using MusicGen.Application.Generations.RunGeneration;
using MusicGen.Domain.Generations;
using MusicGen.Infrastructure.Generations;
using MusicGen.Infrastructure.Redis;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Generations;

/// <summary>Who hears what of a task that one of two nodes makes.</summary>
public sealed class ListeningNodesTests(RedisServers servers) : NodesOfOneService
{

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task Both_nodes_hear_it_while_one_makes_it_and_the_bytes_are_those_of_the_file(RedisKind kind)
    {
        var (maker, other) = (await NodeAsync(kind), await NodeAsync(kind));
        var id = await maker.AcceptAsync(normalize: "none");
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        maker.Engine.BeforeStep = (step, ct) => step == 50 ? goOn.Task.WaitAsync(ct) : Task.CompletedTask;

        var here = maker.ListenAsync(id);
        var there = other.ListenAsync(id);
        var running = maker.SendAsync(new RunGenerationCommand(id));
        LiveFile[] live = [(await here).Value.Live!, (await there).Value.Live!];
        foreach (var listener in live)
            await HearAsync(listener, 44 + (40_000 * 2)); // half of it, which is all there is

        Assert.False(running.IsCompleted);
        goOn.SetResult();
        var all = await Task.WhenAll(live.Select(l => AllAsync(l.Parts))); // from the first byte again, the copy's too
        await running;

        await using var file = (await other.ListenAsync(id)).Value.File!.Content;
        var bytes = new byte[file.Length];
        await file.ReadExactlyAsync(bytes, Ct);
        Assert.Equal(44 + (80_000 * 2), bytes.Length);
        Assert.All(all, a => Assert.Equal(bytes, a));
        Assert.InRange((await maker.Redis.KeyTimeToLiveAsync(RedisKeys.LiveSound(id)))!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task Nothing_is_copied_while_nobody_listens_elsewhere_or_any_more(RedisKind kind)
    {
        var (maker, other) = (await NodeAsync(kind), await NodeAsync(kind));
        var id = await maker.AcceptAsync(normalize: "none");
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        maker.Engine.BeforeStep = (step, ct) => step == 50 ? goOn.Task.WaitAsync(ct) : Task.CompletedTask;
        var running = maker.SendAsync(new RunGenerationCommand(id));
        await HearAsync((await maker.ListenAsync(id)).Value.Live!, 44 + (40_000 * 2));
        var copy = RedisKeys.LiveSoundCopy(id, (await maker.TaskAsync(id)).Lease);
        Assert.False(await maker.Redis.KeyExistsAsync(copy));

        await HearAsync((await other.ListenAsync(id)).Value.Live!, 44 + (40_000 * 2));
        Assert.Equal(44 + (40_000 * 2), await maker.Redis.StringLengthAsync(copy));
        await maker.Redis.KeyDeleteAsync(RedisKeys.LiveSoundWish(id)); // as in ten seconds
        goOn.SetResult();
        await running;

        Assert.InRange(await maker.Redis.StringLengthAsync(copy), 1, 44 + (60_000 * 2)); // one part may have been on its way
        Assert.InRange((await maker.Redis.KeyTimeToLiveAsync(copy))!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task Two_workers_sounds_are_never_mixed(RedisKind kind)
    {
        var (first, second, other) = (await NodeAsync(kind), await NodeAsync(kind), await NodeAsync(kind));
        var id = await first.AcceptAsync(normalize: "none");
        var (lost, goOn) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        first.Engine.BeforeStep = (step, _) => step == 50 ? lost.Task : Task.CompletedTask; // deaf, as a paused process is
        second.Engine.BeforeStep = (step, ct) => step == 25 ? goOn.Task.WaitAsync(ct) : Task.CompletedTask;
        var stale = first.SendAsync(new RunGenerationCommand(id));
        var early = (await other.ListenAsync(id)).Value.Live!;
        await using var parts = early.Parts.GetAsyncEnumerator(Ct);
        Assert.True(await parts.MoveNextAsync());
        var heard = parts.Current.Length;

        await first.Redis.KeyDeleteAsync(RedisKeys.GenerationLease(id));
        await second.SweepAsync();
        var running = second.SendAsync(new RunGenerationCommand(id));
        await second.UntilAsync(id, t => t.Attempts == 2);
        var late = (await other.ListenAsync(id)).Value.Live!;
        while (await parts.MoveNextAsync())
            heard += parts.Current.Length;
        goOn.SetResult();
        var whole = await AllAsync(late.Parts);
        lost.SetResult();
        await Task.WhenAll(stale, running);

        Assert.InRange(heard, 44, 44 + (40_000 * 2)); // the first one's half at most
        await using var file = (await other.ListenAsync(id)).Value.File!.Content;
        var bytes = new byte[file.Length];
        await file.ReadExactlyAsync(bytes, Ct);
        Assert.Equal(bytes, whole);
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task Appends_at_the_same_place_add_once_and_an_earlier_lease_adds_nothing(RedisKind kind)
    {
        GenerationNode[] nodes = [await NodeAsync(kind), await NodeAsync(kind), await NodeAsync(kind), await NodeAsync(kind)];
        var id = GenerationId.New(DateTimeOffset.UtcNow);
        Task<long> AppendAsync(int node, long lease, int at, byte[] bytes) => SoundOffer.AppendAsync(nodes[node].Redis, id, lease, length: 1000, at, bytes, ends: false);
        Assert.Equal(-1, await AppendAsync(0, 7, 0, [1, 0, 255, 13]));
        await nodes[0].Redis.StringSetAsync(RedisKeys.LiveSoundWish(id), "1", TimeSpan.FromSeconds(10));

        for (var at = 0; at < 80; at += 4)
        {
            var there = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => AppendAsync(i % 4, 7, at, [1, 0, 255, 13])));
            Assert.All(there, t => Assert.Equal(at + 4, t));
        }

        Assert.Equal(0, await AppendAsync(1, 8, 0, []));
        Assert.Equal(-2, await AppendAsync(2, 7, 80, [1]));
        Assert.Equal([1, 0, 255, 13, 1, 0, 255, 13], ((byte[])(await nodes[3].Redis.StringGetAsync(RedisKeys.LiveSoundCopy(id, 7)))!)[72..]);
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

    private async Task<GenerationNode> NodeAsync(RedisKind kind) => await AddAsync(await servers.NodeAsync(kind));

    private static async Task HearAsync(LiveFile live, int bytes)
    {
        await using var parts = live.Parts.GetAsyncEnumerator(Ct);
        for (var heard = 0; heard < bytes; heard += parts.Current.Length)
            Assert.True(await parts.MoveNextAsync());
    }

    private static async Task<byte[]> AllAsync(IAsyncEnumerable<ReadOnlyMemory<byte>> parts)
    {
        using var all = new MemoryStream();
        await foreach (var part in parts.WithCancellation(Ct))
            all.Write(part.Span);
        return all.ToArray();
    }
}
