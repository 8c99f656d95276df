using StackExchange.Redis;

namespace MusicGen.Infrastructure.Redis;

/// <summary>Lets one node of all do what is to be done once in a while.</summary>
internal sealed class RedisTurns(IDatabase redis)
{
    /// <summary>True for the first who asks; everybody else has to wait until the time is over.</summary>
    public Task<bool> TryTakeAsync(string name, TimeSpan length) => redis.StringSetAsync(RedisKeys.Turn(name), "1", length, When.NotExists);

    /// <summary>What the last one at this left for the next; null where that is too long ago.</summary>
    public async Task<string?> ReadNoteAsync(string name) => await redis.StringGetAsync(RedisKeys.TurnNote(name));

    /// <summary>Leaves something for the next one's turn.</summary>
    public Task LeaveNoteAsync(string name, string note, TimeSpan length) => redis.StringSetAsync(RedisKeys.TurnNote(name), note, length);
}
