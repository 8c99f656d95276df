using System.Text.Json;
using MusicGen.Infrastructure.Redis;
using StackExchange.Redis;

namespace MusicGen.Infrastructure.Auditing;

/// <summary>The head that all nodes share.</summary>
internal sealed class RedisAuditWitness(IDatabase redis, RedisClock clock) : IAuditWitness
{
    private static readonly RedisScript Replace = RedisScript.Named("replace_audit_head");

    public string Name => "Redis";

    public TimeSpan Pause => TimeSpan.Zero;

    public async Task<AuditHead?> ReadAsync() =>
        await redis.HashGetAsync(RedisKeys.AuditHead, "head") is { IsNull: false } text ? AuditHeadText.Read(text.ToString()) : null;

    public async Task<bool> TryReplaceAsync(long expected, AuditHead head) =>
        (bool)await Replace.RunAsync(redis, [RedisKeys.AuditHead], expected, head.Sequence, AuditHeadText.Write(head), clock.Now);
}

/// <summary>A head as text.</summary>
internal static class AuditHeadText
{
    public static string Write(AuditHead head) => JsonSerializer.Serialize(head);

    public static AuditHead? Read(string text)
    {
        try
        {
            return JsonSerializer.Deserialize<AuditHead>(text) is { Hash: not null, Signature: not null } head ? head : null;
        }
        catch (JsonException)
        {
            return null; // somebody wrote there; what they wrote is no head
        }
    }
}
