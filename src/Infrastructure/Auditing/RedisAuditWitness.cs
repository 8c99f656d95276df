using System.Text.Json;
using MusicGen.Infrastructure.Redis;
using StackExchange.Redis;

namespace MusicGen.Infrastructure.Auditing;

/// <summary>The head that all nodes share.</summary>
internal sealed class RedisAuditWitness(IDatabase redis, RedisClock clock) : IAuditWitness
{
    private static readonly RedisScript Replace = RedisScript.Named("replace_audit_head");

    public string Name => "Redis";

    // Ten a second, however busy the trail is.
    public TimeSpan Pause => TimeSpan.FromMilliseconds(100);

    public async Task<AuditHead?> ReadAsync() =>
        await redis.HashGetAsync(RedisKeys.AuditHead, "head") is { IsNull: false } text ? AuditHeadText.Read(text.ToString()) : null;

    public async Task<bool> TryReplaceAsync(long expected, AuditHead head) =>
        (bool)await Replace.RunAsync(redis, [RedisKeys.AuditHead], expected, head.Sequence, AuditHeadText.Write(head), clock.Now);
}

/// <summary>A head as text.</summary>
internal static class AuditHeadText
{
    public static string Write(AuditHead head) => JsonSerializer.Serialize(head);

    // What somebody else wrote there is no head of ours, but it isn't nothing either: it must not be written over.
    private static readonly AuditHead NoneOfOurs = new(0, string.Empty, 0, default, string.Empty);

    public static AuditHead Read(string text)
    {
        try
        {
            return JsonSerializer.Deserialize<AuditHead>(text) is { Hash: not null, Signature: not null } head ? head : NoneOfOurs;
        }
        catch (JsonException)
        {
            return NoneOfOurs;
        }
    }
}
