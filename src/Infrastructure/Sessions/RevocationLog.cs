using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using MusicGen.Application.Persistence;
using MusicGen.Application.Sessions;
using MusicGen.Domain.Sessions;

namespace MusicGen.Infrastructure.Sessions;

/// <summary>The table of revocations. In a scope of its own: a caller's unsaved changes are none of its business.</summary>
internal sealed class RevocationLog(IServiceScopeFactory scopes, TimeProvider time) : IRevocationLog, IRevocations
{
    // Nobody who went away stops it half-way: what ended in Redis is owed its row.
    public async Task AddAsync(Revocation revocation)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<IMusicGenDbContext>();
        db.Revocations.Add(revocation);
        await db.SaveChangesAsync(CancellationToken.None);
    }

    public async Task<IReadOnlyList<Revocation>> ReadAsync(CancellationToken ct)
    {
        var now = time.GetUtcNow();
        await using var scope = scopes.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<IMusicGenDbContext>().Revocations
            .AsNoTracking()
            .Where(r => r.ExpiresAt > now)
            .ToListAsync(ct);
    }

    public async Task<int> RemoveExpiredAsync(CancellationToken ct)
    {
        var now = time.GetUtcNow();
        await using var scope = scopes.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<IMusicGenDbContext>().Revocations
            .Where(r => r.ExpiresAt <= now)
            .ExecuteDeleteAsync(ct);
    }
}

/// <summary>Apart from its database so that the stores in Redis can be tried without one.</summary>
internal interface IRevocationLog
{
    /// <summary>Durable when it returns.</summary>
    Task AddAsync(Revocation revocation);

    /// <summary>Those whose subject would live on by now.</summary>
    Task<IReadOnlyList<Revocation>> ReadAsync(CancellationToken ct);

    /// <returns>How many rows went.</returns>
    Task<int> RemoveExpiredAsync(CancellationToken ct);
}
