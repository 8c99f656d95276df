using Microsoft.Extensions.Time.Testing;
using MusicGen.Domain.Generations;
using MusicGen.Domain.Identity;
using MusicGen.Infrastructure.Generations;
using MusicGen.Infrastructure.Nodes;
using MusicGen.Unit.Support;
using static MusicGen.Unit.Infrastructure.Nodes.StagedNode;

namespace MusicGen.Unit.Infrastructure.Nodes;

/// <summary>What a node leaves to others, and when it takes it again.</summary>
public sealed class LeftTasksTests
{
    private readonly FakeNodeRegistry _board = new();
    private readonly FakeTimeProvider _clock = Clock();
    private readonly TriedNodes _tried = new(new HashesOnly());
    private readonly LeftTasks _left;

    public LeftTasksTests()
    {
        _left = new LeftTasks(_board, _tried, Named("me"), _clock);
        _board.Add(Of("me", Network("m", "x"), Composer).WithMemory(100));
    }

    [Fact]
    public void A_task_that_needs_more_memory_goes_to_the_node_with_the_most()
    {
        _board.Add(Of("less", Network("m", "x")).WithMemory(10));
        _board.Add(Of("more", Network("m", "x")).WithMemory(20));
        _board.Add(Of("other", Network("n", "x")).WithMemory(1000));
        _board.Add(Of("drains", Network("m", "x")).WithMemory(1000) with { IsDraining = true });
        _board.Add(Of("lost", Network("m", "x")).WithMemory(1000), silence: TimeSpan.FromSeconds(6));
        var (task, next) = (TaskFor("m"), TaskFor("m"));

        Assert.True(_left.TryLeave(task));

        Assert.Equal("more", _left.NodeFor(task));
        Assert.Null(_left.NodeFor(next)); // the next one may be shorter
        Assert.False(_left.IsLeft("m"));
        _clock.Advance(TimeSpan.FromHours(2));
        Assert.Null(_left.NodeFor(task));
    }

    [Fact]
    public void A_task_is_handed_to_no_node_that_couldnt_make_it_and_by_the_last_one_to_nobody()
    {
        foreach (var name in new[] { "second", "third" })
            _board.Add(Of(name, Network("m", "x")).WithMemory(name == "second" ? 20 : 10));
        var task = TaskFor("m");
        var (second, third) = (new LeftTasks(_board, _tried, Named("second"), _clock), new LeftTasks(_board, _tried, Named("third"), _clock));

        Assert.True(_left.TryLeave(task));
        Assert.Equal("second", _left.NodeFor(task));
        Assert.True(second.TryLeave(task));
        Assert.Equal(("third", "third"), (second.NodeFor(task), _left.NodeFor(task)));
        Assert.False(third.TryLeave(task));
        Assert.All([_left, second, third], n => Assert.Null(n.NodeFor(task))); // else two would hand it to each other for ever
    }

    [Fact]
    public void A_model_that_somebody_loaded_is_the_nodes_again()
    {
        _board.Add(Of("other", Network("m", "x")));
        Assert.True(_left.TryLeave("m", "Its weights are torn."));

        _left.TakeAgain("m");

        Assert.False(_left.IsLeft("m"));
    }

    [Fact]
    public void A_model_that_cant_be_loaded_is_left_while_another_living_node_has_it_and_for_a_while()
    {
        Assert.False(_left.TryLeave("m", "Its weights are torn."));
        _board.Add(Of("other", Network("m", "x")));
        Assert.True(_left.TryLeave("m", "Its weights are torn."));

        Assert.True(_left.IsLeft("m"));
        Assert.Contains("m: left to other nodes until 12:05:00 UTC. Its weights are torn.", _left.Problems);
        Assert.Equal(["composer"], new OwnModels(new FakeGenerationPorts { Models = _board.Nodes[0].State.Models }, _left).Models.Select(m => m.Id));

        _board.Nodes.RemoveAt(1);
        Assert.Empty(_left.Problems); // nobody else would make it
        _board.Add(Of("other", Network("m", "x")));
        _clock.Advance(TimeSpan.FromMinutes(6));
        Assert.False(_left.IsLeft("m"));
    }

    [Fact]
    public void Where_nobody_else_has_the_model_a_task_is_not_left() => Assert.False(_left.TryLeave(TaskFor("m")));

    private Generation TaskFor(string model) => new(
        GenerationId.New(_clock.GetUtcNow()), UserId.New(_clock.GetUtcNow()), Tier.Free, "calm piano", 10, 1, model, "x", true, new GenerationParameters(), "c", _clock.GetUtcNow());
}
