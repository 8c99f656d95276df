using MusicGen.Application.Identity;
using MusicGen.Domain.Generations;
using MusicGen.Domain.Identity;
using MusicGen.Domain.Sessions;
using StackExchange.Redis;

namespace MusicGen.Infrastructure.Redis;

/// <summary>
/// Every key of the product. Braces stand around what the keys of one script share, so that a cluster keeps them on
/// one slot. Each line says type, lifetime and owner.
/// </summary>
internal static class RedisKeys
{
    /// <summary>Where Hangfire keeps its jobs; its own keys, its own lifetimes.</summary>
    public const string HangfirePrefix = "mg:{hangfire}:";

    // hash: sequence, head                 never: it outlives all   owner: RedisAuditWitness
    public static readonly RedisKey AuditHead = "mg:{audit}:head";

    // string "1"                           until the next turn      owner: RedisTurns
    public static RedisKey Turn(string name) => $"mg:{{turn}}:{name}";

    // string: what a turn leaves the next  seconds, as it says      owner: RedisTurns
    public static RedisKey TurnNote(string name) => $"mg:{{turn}}:{name}:note";

    // hash: what each node says, by name   10 minutes of silence    owner: RedisNodeRegistry
    public static readonly RedisKey Nodes = "mg:{nodes}:states";

    // sorted set: nodes by last word       10 minutes of silence    owner: RedisNodeRegistry
    public static readonly RedisKey NodesHeard = "mg:{nodes}:heard";

    // hash: orders, drained nodes' words   withdrawn, node forgotten owner: RedisNodeRegistry
    public static readonly RedisKey NodeOrders = "mg:{nodes}:orders";

    // hash: role, tier, disabled           10 minutes, then reread  owner: RedisSessionStore
    public static RedisKey Account(UserId user) => $"mg:{{{user}}}:account";

    // hash: counter, salt, created, ends…  idle end                 owner: RedisSessionStore
    public static RedisKey Session(UserId user, SessionId session) => $"mg:{{{user}}}:session:{session}";

    // sorted set: session ids by end       latest absolute end      owner: RedisSessionStore
    public static RedisKey Sessions(UserId user) => $"mg:{{{user}}}:sessions";

    // hash: scopes, expires, minute, noted 10 minutes, then reread  owner: RedisRequestGate
    public static RedisKey PersonalToken(UserId user, string hash) => $"mg:{{{user}}}:token:{hash}";

    // string: see check_request.lua        a minute                 owner: RedisRequestGate
    public static RedisKey PersonalTokenCounts(UserId user, string hash) => $"mg:{{{user}}}:token:{hash}:counts";

    // string "1"                           the token's end          owner: RedisTokenBlacklist
    public static RedisKey RevokedToken(UserId user, string jti) => $"mg:{{{user}}}:revoked:{jti}";

    // string: see check_request.lua        a day                    owner: RedisRequestGate
    public static RedisKey UserCounts(UserId user, string bucket) => $"mg:{{{user}}}:counts:{bucket}";

    // string: see check_request.lua        a day                    owner: RedisRequestGate
    public static RedisKey AddressCounts(string address, string bucket) => $"mg:{{addr:{address}}}:counts:{bucket}";

    // string: see check_request.lua        its window               owner: RedisRequestGate
    public static RedisKey StrictCounts(string subject, string limit) => $"mg:{{{subject}}}:strict-counts:{limit}";

    // sorted set: guesses by time          a day                    owner: RedisSignInThrottle
    public static RedisKey GuessesAtAccount(string emailHash) => $"mg:{{guess:{emailHash}}}:account";

    // sorted set: guesses by time          a day                    owner: RedisSignInThrottle
    public static RedisKey GuessesOfDevice(string emailHash, string device) => $"mg:{{guess:{emailHash}}}:device:{device}";

    // sorted set: failures by time         a minute                 owner: RedisSignInThrottle
    public static RedisKey GuessesFromAddress(string address) => $"mg:{{addr:{address}}}:guesses";

    // sorted set: guesses by time          a day                    owner: RedisFactorThrottle
    public static RedisKey FactorGuesses(UserId user) => $"mg:{{{user}}}:factor:guesses";

    // string: ms since 1970                a day                    owner: RedisFactorThrottle
    public static RedisKey FactorSuccess(UserId user) => $"mg:{{{user}}}:factor:success";

    // string: JSON                         5 minutes                owner: RedisChallenges
    public static RedisKey Challenge(string name, ChallengeKind kind) => $"mg:{{{name}}}:challenge:{kind}";

    // sorted set: charge ids by time       a day                    owner: RedisQuotaLedger
    public static RedisKey Charges(UserId user) => $"mg:{{{user}}}:quota:charges";

    // hash: audio ms and askers by id      a day                    owner: RedisQuotaLedger
    public static RedisKey ChargedSeconds(UserId user) => $"mg:{{{user}}}:quota:seconds";

    // sorted set: refunded ids by time     a day                    owner: RedisQuotaLedger
    public static RedisKey RefundedCharges(UserId user) => $"mg:{{{user}}}:quota:refunded";

    // sorted set: user|charge id by time   a day                    owner: RedisQuotaLedger
    public static readonly RedisKey OpenCharges = "mg:{quota}:open";

    // string: holder's nonce               4 s, renewed             owner: RedisGenerationLeases
    public static RedisKey GenerationLease(GenerationId id) => $"mg:{{gen:{id}}}:lease";

    // integer: the last lease's number     a day                    owner: RedisGenerationLeases
    public static RedisKey GenerationLeaseNumber(GenerationId id) => $"mg:{{gen:{id}}}:lease-number";

    // hash: done, total                    an hour                  owner: RedisGenerationProgress
    public static RedisKey GenerationSteps(GenerationId id) => $"mg:{{gen:{id}}}:steps";

    // hash: lease, length, ended           10 s, renewed            owner: RelayedSounds
    public static RedisKey LiveSound(GenerationId id) => $"mg:{{gen:{id}}}:live";

    // string: a WAV file as far as made    a minute, renewed        owner: RelayedSounds
    public static RedisKey LiveSoundCopy(GenerationId id, long lease) => $"mg:{{gen:{id}}}:live:{lease}";

    // string "1"                           10 s, renewed            owner: RelayedSounds
    public static RedisKey LiveSoundWish(GenerationId id) => $"mg:{{gen:{id}}}:live-wish";

    // sorted set: stream ids by expiry     a minute, renewed        owner: RedisEventStreams
    public static RedisKey EventStreams(UserId user) => $"mg:{{{user}}}:streams";

    /// <summary>Where new bytes of a sound in the making are announced, and that somebody wants them.</summary>
    public static RedisChannel LiveSoundChannel(GenerationId id) => RedisChannel.Literal($"mg:live:{id}");

    /// <summary>Where a task's changes are announced.</summary>
    public static RedisChannel GenerationChannel(GenerationId id) => RedisChannel.Literal($"mg:gen:{id}");
}
