using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using MusicGen.Application.Generations;
using MusicGen.Application.Nodes;
using MusicGen.Infrastructure.Files;
using MusicGen.Infrastructure.Generations;
using MusicGen.Infrastructure.Inference;
using MusicGen.Infrastructure.Nodes;
using MusicGen.Unit.Support;

namespace MusicGen.Unit.Infrastructure.Nodes;

/// <summary>What becomes of an administrator's order to load a model that can't be followed.</summary>
public sealed class ModelOrdersTests : IDisposable
{
    private static readonly FakeTimeProvider Clock = StagedNode.Clock();

    private readonly FakeNodeRegistry _board = new();
    private readonly NodeLife _life = new();
    private readonly OpenQueues _queues = new(new NoDevices(), StagedNode.Named("me"), Clock);
    private readonly ModelOrders _orders;
    private string[] _loaded = [];

    public ModelOrdersTests()
    {
        var devices = HashesOnly.Calls.To<IEngineDevices>((name, _) => name switch
        {
            "get_Devices" => (IReadOnlyList<DeviceState>)[new DeviceState("cpu", "x", 100, 0, 0, 4, _loaded)],
            nameof(IEngineDevices.LoadAsync) => Task.FromException(new MusicGenerationException("It needs 4 GB, and 2 are free.")),
            _ => throw new NotSupportedException(name),
        });
        var store = new StoreWait(HashesOnly.Calls.To<IFileStore>((_, _) => null), _queues, _life, Clock, NullLogger<StoreWait>.Instance);
        var left = new LeftTasks(_board, new TriedNodes(new HashesOnly()), StagedNode.Named("me"), Clock);
        _orders = new ModelOrders(_board, devices, left, store, StagedNode.Named("me"), NullLogger<ModelOrders>.Instance);
    }

    [Fact]
    public async Task A_problem_is_told_until_the_model_is_loaded_by_whatever_it_may_be()
    {
        await _board.GiveAsync(NodeOrder.Load("me", "m"), CancellationToken.None);
        _orders.Follow(_board.Board);
        Assert.Equal(["m: It needs 4 GB, and 2 are free."], _orders.Problems);

        _loaded = ["m"];

        Assert.Empty(_orders.Problems);
    }

    public void Dispose()
    {
        _queues.Dispose();
        _life.Dispose();
    }
}
