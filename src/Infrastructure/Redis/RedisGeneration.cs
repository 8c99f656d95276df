namespace MusicGen.Infrastructure.Redis;

/// <summary>
/// Counts the connections that carry commands. While it stays the same, whoever answers is who answered before: a Redis
/// that restarted, or another one in its place, has new connections only.
/// </summary>
internal sealed class RedisGeneration
{
    private long _value = 1; // the start of this process counts: what Redis holds by then is nothing we have seen

    public long Value => Volatile.Read(ref _value);

    public void Begin() => Interlocked.Increment(ref _value);
}
