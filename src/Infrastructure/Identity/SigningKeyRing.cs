using System.Data;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;
using MusicGen.Application.Identity;
using MusicGen.Domain.Identity;
using MusicGen.Infrastructure.Persistence;

namespace MusicGen.Infrastructure.Identity;

/// <summary>
/// The keys of the database, as every node holds them in memory. Changes are made in serializable transactions, so two
/// nodes that start at once agree on one first key.
/// </summary>
internal sealed class SigningKeyRing(
    IServiceScopeFactory scopes, SecretKeys secrets, IOptions<JwtOptions> options, TimeProvider time) : ISigningKeyRing
{
    /// <summary>From a key's announcement to its first signature; every node looks again in much less.</summary>
    public static readonly TimeSpan Announcement = TimeSpan.FromMinutes(2);

    /// <summary>How often a token with an unknown key may make us look; more often would be an attacker's lever.</summary>
    public static readonly TimeSpan LeastPause = TimeSpan.FromSeconds(1);

    /// <summary>What clocks of nodes may differ by, on top of a token's life.</summary>
    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(1);

    private readonly Lock _reading = new();
    private volatile Snapshot? _snapshot;

    /// <summary>Makes the first key where there is none, and checks that some key can be opened.</summary>
    /// <exception cref="SigningKeysSealedException">None can.</exception>
    public async Task OpenAsync(CancellationToken ct)
    {
        await ChangeAsync((living, now) => living.Count == 0 ? RingKey.Create(secrets, now, now) : null, ct);
        await RefreshAsync(ct);
        if (!_snapshot!.Keys.Any(k => k.Signer is not null && k.VerifiesAt(time.GetUtcNow())))
            throw new SigningKeysSealedException();
    }

    /// <summary>Reads the ring again.</summary>
    public async Task RefreshAsync(CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<MusicGenDbContext>();
        Take(await db.SigningKeys.AsNoTracking().ToListAsync(ct));
    }

    /// <summary>The key that signs now: of those active, the latest.</summary>
    /// <exception cref="SigningKeysSealedException">There is none that we can open.</exception>
    public async Task<SigningCredentials> SignerAsync(CancellationToken ct)
    {
        if (_snapshot is null)
            await OpenAsync(ct);
        var now = time.GetUtcNow();
        return _snapshot!.Keys.Where(k => k.SignsAt(now)).MaxBy(k => (k.ActiveAt, k.Kid))?.Signer ?? throw new SigningKeysSealedException();
    }

    /// <summary>The key of that id if it verifies now. For an id that we don't know we look once more.</summary>
    public SecurityKey? Verifier(string? kid)
    {
        if (string.IsNullOrEmpty(kid))
            return null;
        var key = Find(kid);
        if (key is null)
        {
            LookAgain();
            key = Find(kid);
        }

        return key is not null && key.VerifiesAt(time.GetUtcNow()) ? key.Public : null;
    }

    /// <summary>The JWKS (RFC 7517): public halves of all that verify or will.</summary>
    public async Task<string> PublicJwksAsync(CancellationToken ct)
    {
        if (_snapshot is null)
            await OpenAsync(ct);
        var now = time.GetUtcNow();
        var keys = _snapshot!.Keys.Where(k => k.VerifiesAt(now)).OrderByDescending(k => k.ActiveAt).Select(k => k.ToJwk());
        return JsonSerializer.Serialize(new Dictionary<string, object> { ["keys"] = keys.ToArray() });
    }

    public async Task<SigningKeyView> RotateAsync(CancellationToken ct)
    {
        var made = await ChangeAsync((living, now) =>
        {
            // A key that nobody can open signs nothing, so there is nothing to wait for.
            var signs = living.Any(k => k.ActiveAt <= now && RingKey.Open(secrets, k).Signer is not null);
            var key = RingKey.Create(secrets, now, signs ? now + Announcement : now);
            foreach (var old in living)
                old.Retire(key.ActiveAt + options.Value.LongestLifetime + ClockSkew);
            return key;
        }, ct);
        await RefreshAsync(ct);
        return View(made!, time.GetUtcNow());
    }

    public async Task<bool> RevokeAsync(string kid, CancellationToken ct)
    {
        var found = false;
        await ChangeAsync((living, now) =>
        {
            var key = living.Find(k => k.Kid == kid);
            found = key is not null;
            if (key is null)
                return null;
            key.Retire(now);
            return living.Exists(k => k != key && k.ActiveAt <= now) ? null : RingKey.Create(secrets, now, now);
        }, ct);
        await RefreshAsync(ct);
        return found;
    }

    public async Task<int> ResealAsync(CancellationToken ct)
    {
        var count = 0;
        await ChangeAsync((living, _) =>
        {
            count = living.Count(k => RingKey.Reseal(secrets, k));
            return null;
        }, ct);
        await RefreshAsync(ct);
        return count;
    }

    public async Task<IReadOnlyList<SigningKeyView>> ListAsync(CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<MusicGenDbContext>();
        var keys = await db.SigningKeys.AsNoTracking().OrderByDescending(k => k.CreatedAt).ThenByDescending(k => k.ActiveAt).ToListAsync(ct);
        var now = time.GetUtcNow();
        var signer = keys.Where(k => k.ActiveAt <= now && !IsRetired(k, now)).MaxBy(k => (k.ActiveAt, k.Kid));
        return [.. keys.Select(k => View(k, now, k == signer))];
    }

    private static bool IsRetired(SigningKey key, DateTimeOffset now) => key.RetiredAt is { } end && end <= now;

    private static SigningKeyView View(SigningKey key, DateTimeOffset now, bool signs = false)
    {
        var state = IsRetired(key, now) ? "retired" : key.ActiveAt > now ? "announced" : signs || key.RetiredAt is null ? "active" : "retiring";
        return new SigningKeyView(key.Kid, state, key.CreatedAt, key.ActiveAt, key.RetiredAt);
    }

    private RingKey? Find(string kid) => _snapshot?.Keys.FirstOrDefault(k => k.Kid == kid);

    // The token library asks without a task; one short query a second at most, and whoever waits for it profits.
    private void LookAgain()
    {
        lock (_reading)
        {
            if (_snapshot is { } snapshot && time.GetUtcNow() - snapshot.ReadAt < LeastPause)
                return;
            using var scope = scopes.CreateScope();
            Take(scope.ServiceProvider.GetRequiredService<MusicGenDbContext>().SigningKeys.AsNoTracking().ToList());
        }
    }

    // Keys that we hold stay the same objects, so the token library keeps its prepared signers.
    private void Take(List<SigningKey> stored)
    {
        var held = _snapshot?.Keys.ToDictionary(k => k.Kid, StringComparer.Ordinal) ?? [];
        var keys = stored.Select(s => held.TryGetValue(s.Kid, out var known) && known.Signer is not null
            ? known with { ActiveAt = s.ActiveAt, RetiredAt = s.RetiredAt }
            : RingKey.Open(secrets, s)).ToArray();
        _snapshot = new Snapshot(keys, time.GetUtcNow());
    }

    private async Task<SigningKey?> ChangeAsync(Func<List<SigningKey>, DateTimeOffset, SigningKey?> change, CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<MusicGenDbContext>();
        return await db.Database.CreateExecutionStrategy().ExecuteAsync(async () =>
        {
            db.ChangeTracker.Clear(); // SQL Server may have chosen us as a deadlock's victim: begin anew
            await using var transaction = await db.Database.BeginTransactionAsync(IsolationLevel.Serializable, ct);
            var now = time.GetUtcNow();
            var living = await db.SigningKeys.Where(k => k.RetiredAt == null || k.RetiredAt > now).ToListAsync(ct);
            var made = change(living, now);
            if (made is not null)
                db.SigningKeys.Add(made);
            await db.SaveChangesAsync(ct);
            await transaction.CommitAsync(ct);
            return made;
        });
    }

    private sealed record Snapshot(IReadOnlyList<RingKey> Keys, DateTimeOffset ReadAt);
}
