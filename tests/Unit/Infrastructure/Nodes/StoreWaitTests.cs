using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using MusicGen.Domain.Identity;
using MusicGen.Infrastructure.Files;
using MusicGen.Infrastructure.Generations;
using MusicGen.Infrastructure.Inference;
using MusicGen.Infrastructure.Nodes;

namespace MusicGen.Unit.Infrastructure.Nodes;

/// <summary>A node whose store is away takes nothing, and begins again when it is back.</summary>
public sealed class StoreWaitTests : IDisposable
{
    private readonly FakeTimeProvider _clock = StagedNode.Clock();
    private readonly OpenQueues _queues;
    private readonly NodeLife _life = new();
    private readonly StoreWait _store;
    private volatile bool _isBack;
    private int _looks;

    public StoreWaitTests()
    {
        _queues = new OpenQueues(new NoDevices(), StagedNode.Named("me"), _clock);
        _queues.Open([StagedNode.Composer], new HashSet<Tier>());
        var files = HashesOnly.Calls.To<IFileStore>((name, _) =>
        {
            Assert.Equal(nameof(IFileStore.ProbeAsync), name);
            Interlocked.Increment(ref _looks);
            return _isBack ? Task.CompletedTask : Task.FromException(new IOException("away"));
        });
        _store = new StoreWait(files, _queues, _life, _clock, NullLogger<StoreWait>.Instance);
    }

    [Fact]
    public async Task No_task_is_taken_until_the_store_answers()
    {
        _store.Begin();
        _store.Begin();
        Assert.Empty(_queues.Of(Tier.Free).Names);
        Assert.NotNull(_store.Problem);

        _isBack = false;
        await PassAsync(TimeSpan.FromSeconds(60), () => _looks >= 3);
        Assert.InRange(_looks, 3, 5); // at 5, 15 and 35 s, and then each 30
        Assert.Empty(_queues.Of(Tier.Free).Names);

        _isBack = true;
        await PassAsync(TimeSpan.FromSeconds(40), () => _store.Problem is null);
        Assert.Null(_store.Problem);
        Assert.NotEmpty(_queues.Of(Tier.Free).Names);
    }

    [Fact]
    public async Task A_node_that_leaves_takes_none_again()
    {
        _isBack = true;
        _store.Begin();
        _life.Leave();
        await PassAsync(TimeSpan.FromSeconds(60), () => false);

        Assert.Empty(_queues.Of(Tier.Free).Names);
        Assert.Equal(0, _looks);
    }

    public void Dispose()
    {
        _queues.Dispose();
        _life.Dispose();
    }

    private async Task PassAsync(TimeSpan time, Func<bool> isEnough)
    {
        for (var passed = TimeSpan.Zero; passed < time && !isEnough(); passed += TimeSpan.FromSeconds(1))
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(5, CancellationToken.None);
        }
    }
}
