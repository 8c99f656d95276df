using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using MusicGen.Application.Persistence;
using MusicGen.Domain.Identity;
using MusicGen.Infrastructure.Redis;
using StackExchange.Redis;

namespace MusicGen.Infrastructure.Sessions;

/// <summary>Brings a user's state from the database to Redis where it isn't, or no longer.</summary>
internal sealed class AccountLoader(IServiceScopeFactory scopes, IDatabase database, RedisClock clock) : IAccountLoader
{
    private static readonly RedisScript PutAccount = RedisScript.Named("put_account");

    public async Task<bool> LoadAsync(UserId user, CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var row = await scope.ServiceProvider.GetRequiredService<IMusicGenDbContext>().Users
            .AsNoTracking()
            .Where(u => u.Id == user)
            .Select(u => new { u.Role, u.Tier, u.IsDisabled })
            .SingleOrDefaultAsync(ct);
        if (row is null)
            return false;

        // Not over what is there: a change that came after our reading has put its own state.
        await PutAccount.RunAsync(
            database,
            [RedisKeys.Account(user), RedisKeys.Sessions(user)],
            (int)row.Role,
            (int)row.Tier,
            row.IsDisabled ? 1 : 0,
            (long)AccountState.Lifetime.TotalMilliseconds,
            0,
            clock.Now);
        return true;
    }
}

/// <summary>Apart from its database so that the gate can be tried without one.</summary>
internal interface IAccountLoader
{
    /// <summary>False when there is no such user.</summary>
    Task<bool> LoadAsync(UserId user, CancellationToken ct);
}
