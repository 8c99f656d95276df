using System.Globalization;
using StackExchange.Redis;

namespace MusicGen.Infrastructure.Redis;

/// <summary>
/// The last argument of every script. Nodes' clocks differ, so in production it is empty and the script asks Redis;
/// tests give a clock and pass months in seconds.
/// </summary>
/// <param name="clock">The tests' clock, or null.</param>
internal sealed class RedisClock(TimeProvider? clock = null)
{
    /// <summary>Milliseconds since 1970, or empty.</summary>
    public RedisValue Now => clock is null ? RedisValue.EmptyString : clock.GetUtcNow().ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);
}
