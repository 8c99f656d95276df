using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using MusicGen.Application.Generations;
using MusicGen.Application.Nodes;
using MusicGen.Infrastructure.Nodes;

namespace MusicGen.Unit.Infrastructure.Nodes;

/// <summary>When a model counts as gone: never because of a moment.</summary>
public sealed class OfferedModelsTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly OfferedModels _models;

    public OfferedModelsTests() => _models = new OfferedModels(Options.Create(new NodeOptions()), _time);

    [Fact]
    public void A_model_is_gone_ten_minutes_after_it_was_offered_last_and_back_at_once()
    {
        Look(60, "m/a", "m/b");
        Look(590, "m/a");
        Assert.False(_models.IsGone("m/b"));

        Look(20, "m/a");
        Assert.Equal((false, true), (_models.IsGone("m/a"), _models.IsGone("m/b")));

        Look(1, "m/a", "m/b");
        Assert.False(_models.IsGone("m/b"));
    }

    [Fact]
    public void None_is_gone_within_ten_minutes_of_the_start()
    {
        Assert.False(_models.IsGone("m/x"));
        Look(590);
        Assert.False(_models.IsGone("m/x"));
        Look(20);
        Assert.True(_models.IsGone("m/x"));
    }

    [Fact]
    public void Nor_within_ten_minutes_of_a_board_that_came_back_or_of_a_gap()
    {
        Look(700);
        Assert.True(_models.IsGone("m/x"));

        _models.LoseSight();
        Assert.False(_models.IsGone("m/x"));
        Look(590);
        Assert.False(_models.IsGone("m/x"));
        Look(20);
        Assert.True(_models.IsGone("m/x"));

        _time.Advance(KnownNode.Patience + TimeSpan.FromSeconds(1)); // this process stood still
        Assert.False(_models.IsGone("m/x"));
        Look(1);
        Assert.False(_models.IsGone("m/x"));
    }

    private void Look(int seconds, params string[] offered)
    {
        for (var second = 0; second < seconds; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            _models.See([.. offered.Select(id => new MusicModel(id, "engine", Neural: true, [32000], 1, 30, "MIT", Loaded: true, []))]);
        }
    }
}
