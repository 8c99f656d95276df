using Microsoft.Extensions.Time.Testing;
using MusicGen.Application.Nodes;
using MusicGen.Domain.Generations;
using MusicGen.Domain.Identity;
using MusicGen.Infrastructure.Generations;
using MusicGen.Unit.Infrastructure.Nodes;

namespace MusicGen.Unit.Infrastructure.Generations;

/// <summary>Which queues a node's workers look into: those that a place is free for.</summary>
public sealed class OpenQueuesTests : IDisposable
{
    private static readonly HashSet<Tier> NoTier = [];

    private readonly PlacesForOne _devices = new();
    private readonly FakeTimeProvider _clock = StagedNode.Clock();
    private readonly OpenQueues _queues;

    public OpenQueuesTests()
    {
        _queues = new OpenQueues(_devices, StagedNode.Named("Me:1"), _clock);
        _queues.Open([StagedNode.Network("m", "x"), StagedNode.Composer], NoTier);
    }

    [Fact]
    public void A_model_whose_engine_has_no_free_place_is_not_looked_for_until_it_has_one()
    {
        _devices.Set(1);
        Assert.Equal(["free_m_at__004de_003a1", "free_m", "free_composer_at__004de_003a1", "free_composer", "free"], _queues.Of(Tier.Free).Names);
        var before = _queues.Of(Tier.Free).Changed;
        _devices.Set(0);
        Assert.True(before.IsCancellationRequested); // whoever waits for a start looks again

        Assert.DoesNotContain("free_m", _queues.Of(Tier.Free).Names);
        Assert.Contains("free_composer", _queues.Of(Tier.Free).Names);
        var waiting = _queues.Of(Tier.Free).Changed;
        _devices.Set(1);
        Assert.True(waiting.IsCancellationRequested);
        Assert.Contains("free_m", _queues.Of(Tier.Free).Names);
    }

    [Fact]
    public void A_place_is_taken_from_the_start_until_the_song_is_with_the_engine_or_the_start_has_ended()
    {
        _devices.Set(2);
        var id = GenerationId.New(_clock.GetUtcNow());
        using var first = _queues.TryTake(Tier.Free, "m");
        first!.Task = id.ToString();
        var second = _queues.TryTake(Tier.Premium, "m");

        Assert.NotNull(second);
        Assert.DoesNotContain("enterprise_m", _queues.Of(Tier.Enterprise).Names);
        Assert.NotNull(_queues.TryTake(Tier.Free, "composer")); // which takes none
        second.Dispose();
        Assert.Contains("enterprise_m", _queues.Of(Tier.Enterprise).Names);
        _devices.Set(1);
        Assert.DoesNotContain("enterprise_m", _queues.Of(Tier.Enterprise).Names); // one place, and the first is still on its way
        _queues.Arrived(id);
        Assert.Contains("enterprise_m", _queues.Of(Tier.Enterprise).Names);
    }

    [Fact]
    public void Tiers_get_places_in_the_order_in_which_their_tasks_found_none()
    {
        _devices.Set(0);
        Assert.Null(_queues.TryTake(Tier.Free, "m"));
        Assert.Null(_queues.TryTake(Tier.Premium, "m"));

        _devices.Set(1);

        Assert.Null(_queues.TryTake(Tier.Enterprise, "m"));
        Assert.Null(_queues.TryTake(Tier.Premium, "m"));
        Assert.DoesNotContain("enterprise_m", _queues.Of(Tier.Enterprise).Names);
        var free = _queues.TryTake(Tier.Free, "m");
        Assert.NotNull(free);
        free.Dispose();
        Assert.Null(_queues.TryTake(Tier.Enterprise, "m"));
        Assert.NotNull(_queues.TryTake(Tier.Premium, "m"));
    }

    [Fact]
    public void A_tier_that_doesnt_come_for_its_place_loses_it()
    {
        _devices.Set(0);
        Assert.Null(_queues.TryTake(Tier.Free, "m"));
        _clock.Advance(TimeSpan.FromHours(1)); // it waits for as long as there is none
        _devices.Set(1);
        Assert.Null(_queues.TryTake(Tier.Premium, "m"));

        _clock.Advance(TimeSpan.FromSeconds(3));
        _queues.Open([StagedNode.Network("m", "x"), StagedNode.Composer], NoTier); // as each second

        Assert.NotNull(_queues.TryTake(Tier.Premium, "m"));
    }

    [Fact]
    public void Nothing_is_taken_while_the_node_is_held()
    {
        _queues.Hold(true);
        Assert.Empty(_queues.Of(Tier.Enterprise).Names);
        _queues.Open([StagedNode.Composer], NoTier);
        Assert.Empty(_queues.Of(Tier.Enterprise).Names);

        _queues.Hold(false);
        Assert.Contains("enterprise_composer", _queues.Of(Tier.Enterprise).Names);
    }

    public void Dispose() => _queues.Dispose();

    /// <summary>Devices with places for the model m, and none that the composer needed.</summary>
    private sealed class PlacesForOne : IEngineDevices
    {
        private int _free = 1;

        public event EventHandler? PlacesChanged;

        public IReadOnlyList<DeviceState> Devices => [];

        public void Set(int free)
        {
            _free = free;
            PlacesChanged?.Invoke(this, EventArgs.Empty);
        }

        public int? FreePlaces(string model) => model == "m" ? _free : null;

        public Task LoadAsync(string model, CancellationToken ct) => throw new NotSupportedException();

        public Task<bool> UnloadAsync(string model, CancellationToken ct) => throw new NotSupportedException();
    }
}
