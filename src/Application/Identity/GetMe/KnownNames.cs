using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.DependencyInjection;
using MusicGen.Application.Persistence;
using MusicGen.Application.Sessions;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity.GetMe;

/// <summary>
/// Accounts as the wire shows them. Pages ask for theirs all the time, so the names of those who asked a moment ago are kept:
/// an account never changes its address or username. Role, tier and standing do change, and are never kept.
/// </summary>
internal sealed class KnownNames(IServiceScopeFactory scopes) : IDisposable
{
    private const int Most = 10_000;

    private static readonly TimeSpan KeptFor = TimeSpan.FromMinutes(1);

    private readonly MemoryCache _known = new(new MemoryCacheOptions { SizeLimit = Most });

    /// <summary>What was read a moment ago, its role and tier as they were then; null when nothing was.</summary>
    public UserView? Find(UserId id) => _known.TryGetValue<UserView>(id, out var known) ? known : null;

    /// <summary>The account as it is now; null when there is none.</summary>
    public async Task<UserView?> ReadAsync(UserId id, CancellationToken ct)
    {
        // A context only where one is needed: most callers are known.
        await using var scope = scopes.CreateAsyncScope();
        var user = await scope.ServiceProvider.GetRequiredService<IMusicGenDbContext>().Users.AsNoTracking().SingleOrDefaultAsync(u => u.Id == id, ct);
        return user is null
            ? null
            : _known.Set(id, UserView.Of(user), new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = KeptFor });
    }

    public void Dispose() => _known.Dispose();
}
