using MusicGen.Application.Identity;
using MusicGen.Application.Sessions;
using MusicGen.Domain.Identity;
using MusicGen.Infrastructure.Redis;
using MusicGen.Infrastructure.Sessions;
using StackExchange.Redis;

namespace MusicGen.Infrastructure.Identity;

/// <summary>
/// Every key that carries a user's id, but for sessions, which close by themselves, and what keeps tokens ended.
/// Counters of guesses and mails stand under keyed hashes of the address and lapse within a day.
/// </summary>
internal sealed class RedisAccountTraces(IDatabase redis) : IAccountTraces
{
    public Task EraseAsync(UserId user, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        return redis.KeyDeleteAsync([
            RedisKeys.Account(user), RedisKeys.Sessions(user), .. Enum.GetValues<RateBucket>().Select(bucket => RedisKeys.UserCounts(user, RedisRequestGate.BucketName(bucket))),
            RedisKeys.FactorGuesses(user), RedisKeys.FactorSuccess(user),
            RedisKeys.Charges(user), RedisKeys.ChargedSeconds(user), RedisKeys.RefundedCharges(user), RedisKeys.EventStreams(user),
        ]);
    }
}
