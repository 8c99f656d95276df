using Microsoft.Extensions.Time.Testing;
using MusicGen.Application.Generations;
using MusicGen.Domain.Identity;
using MusicGen.Infrastructure.Generations;
using MusicGen.Infrastructure.Redis;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Edge;

/// <summary>Races for places among a user's event streams, over two nodes.</summary>
public class EventStreamPlacesTests(RedisServers servers)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task Two_nodes_together_give_ten_places_and_no_more(RedisKind kind)
    {
        var (one, two) = (await NodeAsync(kind), await NodeAsync(kind));
        for (var round = 0; round < 10; round++)
        {
            var user = UserId.New(DateTimeOffset.UtcNow);

            var places = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => (i % 2 == 0 ? one : two).TryOpenAsync(user, Ct)));

            Assert.Equal(RedisEventStreams.Places, places.Count(p => p is not null));
        }
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task A_place_given_back_is_free_and_a_forgotten_one_lapses(RedisKind kind)
    {
        var node = await NodeAsync(kind);
        var user = UserId.New(DateTimeOffset.UtcNow);
        var places = await Task.WhenAll(Enumerable.Range(0, RedisEventStreams.Places).Select(_ => node.TryOpenAsync(user, Ct)));
        Assert.Null(await node.TryOpenAsync(user, Ct));

        await places[0]!.DisposeAsync();
        Assert.NotNull(await node.TryOpenAsync(user, Ct));
        Assert.Null(await node.TryOpenAsync(user, Ct));

        _clock.Advance(RedisEventStreams.Lapse - TimeSpan.FromSeconds(1));
        Assert.True(await places[1]!.RenewAsync(Ct));
        _clock.Advance(TimeSpan.FromSeconds(2));
        var free = 0;
        while (await node.TryOpenAsync(user, Ct) is not null)
            free++;
        Assert.Equal(RedisEventStreams.Places - 1, free);
    }

    private async Task<IEventStreams> NodeAsync(RedisKind kind) =>
        new RedisEventStreams((await servers.NodeAsync(kind)).GetDatabase(), new RedisClock(_clock));
}
