using StackExchange.Redis;

namespace MusicGen.Infrastructure.Redis;

/// <summary>Lets one node of all do what is to be done once in a while.</summary>
internal sealed class RedisTurns(IDatabase redis)
{
    /// <summary>True for the first who asks; everybody else has to wait until the time is over.</summary>
    public Task<bool> TryTakeAsync(string name, TimeSpan length) => redis.StringSetAsync(RedisKeys.Turn(name), "1", length, When.NotExists);
}
