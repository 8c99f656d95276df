using MusicGen.Application.Sessions;
using MusicGen.Domain.Identity;
using MusicGen.Infrastructure.Redis;
using StackExchange.Redis;

namespace MusicGen.Infrastructure.Sessions;

/// <summary>The gate for personal access tokens: the same script, with the token's hash where a session's would be.</summary>
internal sealed partial class RedisRequestGate
{
    public Task<GateDecision> CheckAsync(PersonalTokenValue token, string address, RateBucket bucket, CancellationToken ct) =>
        replay.AskAsync(() => CheckOnceAsync(token, address, bucket, ct), ct);

    public Task<bool> IsAliveAsync(UserId user, string tokenHash, CancellationToken ct) =>
        replay.AskAsync(() => IsAliveNowAsync(user, tokenHash, ct), ct);

    private async Task<GateDecision> CheckOnceAsync(PersonalTokenValue token, string address, RateBucket bucket, CancellationToken ct)
    {
        var (user, hash) = (token.User, token.Hash);
        RedisKey[] keys =
        [
            RedisKeys.UserCounts(user, BucketName(bucket)), RedisKeys.Account(user), RedisKeys.PersonalToken(user, hash),
            RedisKeys.PersonalTokenCounts(user, hash), RedisKeys.RevokedToken(user, hash),
        ];
        RedisValue[] arguments = [LimitsOf(bucket), string.Empty, 0, string.Empty, clock.Now];

        var answer = await AskAsync(keys, arguments, ct);
        if (Outcome(answer) == Answer.AccountUnknown)
        {
            if (await CountStrictAsync(StrictLimit.TokenLookup, address, ct) is { } wait)
                return Refused(GateOutcome.TokenUnread) with { RetryAfter = wait };
            if (await tokens.LoadAsync(user, hash, ct))
                answer = await AskOfAsync(user, keys, arguments, ct);
        }

        if (Outcome(answer) is not (Answer.Allowed or Answer.Limited))
            return Refused(GateOutcome.TokenRevoked);
        if (answer[22] == 1)
            tokens.NoteUse(hash);
        return Decision(answer, isInternal: false) with
        {
            Token = new PersonalTokenGrant(hash, (TokenScopes)(int)answer[20], DateTimeOffset.FromUnixTimeMilliseconds((long)answer[21])),
        };
    }

    // It reads and decides nothing that is written, so it needs no script.
    private async Task<bool> IsAliveNowAsync(UserId user, string tokenHash, CancellationToken ct)
    {
        var revoked = database.KeyExistsAsync(RedisKeys.RevokedToken(user, tokenHash));
        var disabled = database.HashGetAsync(RedisKeys.Account(user), "disabled");
        var expires = await database.HashGetAsync(RedisKeys.PersonalToken(user, tokenHash), "expires");
        var exists = expires.IsNull ? await tokens.LoadAsync(user, tokenHash, ct) : expires != "0";
        return exists && !await revoked && await disabled != "1";
    }
}
