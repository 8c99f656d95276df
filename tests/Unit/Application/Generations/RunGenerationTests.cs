using MusicGen.Application.Generations;
using MusicGen.Application.Generations.RunGeneration;
using MusicGen.Domain.Generations;
using MusicGen.Unit.Support;

namespace MusicGen.Unit.Application.Generations;

/// <summary>What becomes of a task that its node can't make.</summary>
public sealed class RunGenerationTests : IDisposable
{
    private readonly GenerationWorld _world = new();

    [Theory, InlineData(NodeFault.Memory), InlineData(NodeFault.Model)]
    public async Task A_fault_of_the_node_puts_the_task_back_until_its_attempts_are_used_up_and_then_its_charge(NodeFault fault)
    {
        _world.Ports.LeftAfter.Add(fault);
        _world.Ports.Make = _ => throw new MusicGenerationException("It has no room.") { Fault = fault };
        var id = await AcceptAsync();

        for (var attempt = 1; attempt < Generation.MaxAttempts; attempt++)
        {
            await RunAsync(id);
            Assert.Equal((GenerationStatus.Pending, attempt, 1), await StateAsync());
            Assert.Equal(1 + attempt, _world.Ports.Enqueued.Count);
        }

        await RunAsync(id);
        Assert.Equal((GenerationStatus.Failed, 3, 0), await StateAsync());
        Assert.Equal("It has no room.", (await _world.TasksAsync()).Single().ErrorMessage);
    }

    [Fact]
    public async Task A_fault_of_the_node_fails_the_task_where_no_other_node_could_do_better()
    {
        _world.Ports.Make = _ => throw new MusicGenerationException("It has no room.") { Fault = NodeFault.Memory };

        await RunAsync(await AcceptAsync());

        Assert.Equal((GenerationStatus.Failed, 1, 0), await StateAsync());
    }

    [Fact]
    public async Task A_fault_of_the_request_or_of_the_engine_fails_it_at_once()
    {
        foreach (var fault in new Exception[] { new MusicGenerationException("The recording is empty."), new InvalidOperationException("broken") })
        {
            using var world = new GenerationWorld();
            world.Ports.LeftAfter.UnionWith(Enum.GetValues<NodeFault>());
            world.Ports.Make = _ => throw fault;
            Assert.True(GenerationId.TryParse((await world.AcceptAsync()).TaskId, out var id));

            await world.SendAsync(new RunGenerationCommand(id));

            Assert.Equal(GenerationStatus.Failed, (await world.TasksAsync()).Single().Status);
        }
    }

    [Fact]
    public async Task A_store_that_is_away_for_a_moment_costs_no_second_song()
    {
        var songs = 0;
        _world.Ports.Make = _ => Task.FromResult(Clip(++songs));
        _world.Ports.SaveFault = n => n < 3 ? new IOException("away") : null;

        await RunAsync(await AcceptAsync());

        Assert.Equal((GenerationStatus.Completed, 1, 1), await StateAsync());
        Assert.Equal((1, 3), (songs, _world.Ports.Saves));
    }

    [Fact]
    public async Task A_store_that_stays_away_puts_the_task_back_after_a_while_and_not_at_once()
    {
        _world.Ports.LeftAfter.Add(NodeFault.Store);
        _world.Ports.Make = _ => Task.FromResult(Clip(1));
        _world.Ports.SaveFault = _ => new UnauthorizedAccessException("gone");
        var id = await AcceptAsync();
        var begun = _world.Clock.GetUtcNow();

        await RunAsync(id);

        Assert.Equal((GenerationStatus.Pending, 1, 1), await StateAsync());
        Assert.True(_world.Clock.GetUtcNow() - begun >= TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task A_task_that_the_node_leaves_to_others_is_enqueued_for_them_and_costs_no_attempt()
    {
        _world.Ports.LeavesAll = true;

        await RunAsync(await AcceptAsync());

        Assert.Equal((GenerationStatus.Pending, 0, 1), await StateAsync());
        Assert.Equal(2, _world.Ports.Enqueued.Count);
        Assert.Empty(_world.Ports.Held);
    }

    public void Dispose() => _world.Dispose();

    private static AudioClip Clip(int seed) => new([seed, 0], 8000, 1, []);

    private async Task<GenerationId> AcceptAsync()
    {
        Assert.True(GenerationId.TryParse((await _world.AcceptAsync()).TaskId, out var id));
        return id;
    }

    // Its pauses pass as fast as the clock is turned.
    private async Task RunAsync(GenerationId id)
    {
        var running = _world.SendAsync(new RunGenerationCommand(id));
        while (!running.IsCompleted)
        {
            await Task.WhenAny(running, Task.Delay(20, CancellationToken.None));
            _world.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.True((await running).IsSuccess);
    }

    private async Task<(GenerationStatus, int Attempts, int Charges)> StateAsync()
    {
        var task = (await _world.TasksAsync()).Single();
        return (task.Status, task.Attempts, _world.Ledger.Count);
    }
}
