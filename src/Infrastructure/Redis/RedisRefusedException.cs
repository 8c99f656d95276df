using StackExchange.Redis;

namespace MusicGen.Infrastructure.Redis;

/// <summary>Somebody answers, and it isn't the Redis that is wanted, or it doesn't want us.</summary>
internal sealed class RedisRefusedException(string message) : RedisException(message);
