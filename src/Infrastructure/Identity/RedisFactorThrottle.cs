using MusicGen.Application.Identity;
using MusicGen.Domain.Identity;
using MusicGen.Infrastructure.Redis;
using StackExchange.Redis;

namespace MusicGen.Infrastructure.Identity;

/// <summary>Counts guesses at a user's second factors in Redis, for all nodes together.</summary>
internal sealed class RedisFactorThrottle(IDatabase redis, RedisClock clock) : IFactorThrottle
{
    /// <summary>Wrong codes in a row before each must wait twice as long as the one before.</summary>
    private const int FreeRow = 5;

    /// <summary>Of a million codes three are right at a time: at a hundred a day a guesser has an even chance after six years.</summary>
    private const int Day = 100;

    private static readonly RedisScript Reserve = RedisScript.Named("reserve_factor_guess");
    private static readonly RedisScript Return = RedisScript.Named("return_factor_guess");

    public async Task<IFactorAttempt> BeginAsync(UserId user, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        var id = Guid.CreateVersion7().ToString("N");
        RedisKey[] keys = [RedisKeys.FactorGuesses(user), RedisKeys.FactorSuccess(user)];
        var wait = (long)await Reserve.RunAsync(redis, keys, id, FreeRow, Day, clock.Now);
        return new Attempt(TimeSpan.FromMilliseconds(wait), () => Return.RunAsync(redis, keys, id, clock.Now));
    }

    private sealed class Attempt(TimeSpan wait, Func<Task> giveBack) : IFactorAttempt
    {
        public bool IsAllowed => wait == TimeSpan.Zero;

        public TimeSpan RetryAfter => wait;

        public Task SucceededAsync(CancellationToken ct) => giveBack();
    }
}
