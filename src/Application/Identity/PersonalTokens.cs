using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Persistence;
using MusicGen.Application.Sessions;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity;

/// <summary>What a user's personal access tokens are, and their ends: in force at the next request of every node.</summary>
internal sealed class PersonalTokens(IMusicGenDbContext db, ITokenBlacklist blacklist, TimeProvider time)
{
    /// <summary>Longer than any node keeps a token's row without asking the database again.</summary>
    private static readonly TimeSpan Remembered = TimeSpan.FromMinutes(15);

    /// <summary>A user's living ones, the newest first.</summary>
    public async Task<IReadOnlyList<PersonalTokenView>> ListAsync(UserId user, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var tokens = await db.PersonalAccessTokens.AsNoTracking()
            .Where(t => t.UserId == user && t.ExpiresAt > now)
            .OrderByDescending(t => t.CreatedAt)
            .ToListAsync(ct);
        return [.. tokens.Select(PersonalTokenView.Of)];
    }

    /// <summary>Ends all of a user's.</summary>
    /// <returns>How many there were.</returns>
    public async Task<int> EndAllAsync(UserId user, CancellationToken ct)
    {
        var tokens = await db.PersonalAccessTokens.AsNoTracking().Where(t => t.UserId == user).ToListAsync(ct);
        foreach (var token in tokens)
            await EndAsync(token, ct);
        return tokens.Count;
    }

    /// <summary>Ends one.</summary>
    /// <returns>False when somebody else did at this very moment.</returns>
    public async Task<bool> EndAsync(PersonalAccessToken token, CancellationToken ct)
    {
        // First for the nodes, then for good: if the second fails, the caller hears of it while the token is dead already.
        await blacklist.AddAsync(token.UserId, token.TokenHash, time.GetUtcNow() + Remembered, ct);
        return await db.PersonalAccessTokens.Where(t => t.Id == token.Id).ExecuteDeleteAsync(ct) > 0;
    }
}
