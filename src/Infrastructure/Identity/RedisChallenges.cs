using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using MusicGen.Application.Identity;
using MusicGen.Infrastructure.Redis;
using StackExchange.Redis;

namespace MusicGen.Infrastructure.Identity;

/// <summary>Challenges in Redis, for all nodes. Reading and spending is one command (GETDEL), so that one of several racers gets it.</summary>
internal sealed class RedisChallenges(IDatabase redis) : IChallenges
{
    private const int Bytes = 32;

    /// <summary>Long enough to look for a phone, and what browsers give a passkey.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    public async Task<string> OpenAsync<T>(ChallengeKind kind, T content, CancellationToken ct)
        where T : class
    {
        var name = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Bytes));
        await PutAsync(kind, name, content, ct);
        return name;
    }

    public async Task PutAsync<T>(ChallengeKind kind, string name, T content, CancellationToken ct)
        where T : class
    {
        ct.ThrowIfCancellationRequested();
        await redis.StringSetAsync(RedisKeys.Challenge(name, kind), JsonSerializer.SerializeToUtf8Bytes(content), Lifetime);
    }

    public async Task<T?> FindAsync<T>(ChallengeKind kind, string name, CancellationToken ct)
        where T : class
    {
        ct.ThrowIfCancellationRequested();
        return Read<T>(await redis.StringGetAsync(RedisKeys.Challenge(name, kind)));
    }

    public async Task<T?> TakeAsync<T>(ChallengeKind kind, string name, CancellationToken ct)
        where T : class
    {
        ct.ThrowIfCancellationRequested();
        return Read<T>(await redis.StringGetDeleteAsync(RedisKeys.Challenge(name, kind)));
    }

    private static T? Read<T>(RedisValue value)
        where T : class => value.IsNull ? null : JsonSerializer.Deserialize<T>((byte[])value!);
}
