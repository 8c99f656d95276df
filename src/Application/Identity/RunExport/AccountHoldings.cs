using System.Buffers.Text;
using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Auditing.SearchAuditTrail;
using MusicGen.Application.Generations;
using MusicGen.Application.Persistence;
using MusicGen.Application.Sessions;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity.RunExport;

/// <summary>What the service holds of a person beside their music: facts, never a secret or what stands for one.</summary>
internal sealed class AccountHoldings(IMusicGenDbContext db, ISessionStore sessions, MusicHoldings music)
{
    public async Task<AccountFacts> FactsAsync(UserId id, CancellationToken ct)
    {
        var user = await db.Users.AsNoTracking().SingleAsync(u => u.Id == id, ct);
        var passkeys = await db.Passkeys.AsNoTracking().Where(p => p.UserId == id).OrderBy(p => p.CreatedAt).ToListAsync(ct);
        var tokens = await db.PersonalAccessTokens.AsNoTracking().Where(t => t.UserId == id).OrderBy(t => t.CreatedAt).ToListAsync(ct);
        return new AccountFacts(
            new UserFacts(
                id.ToString(), user.Email.Value, user.Username, user.Role.Name(), user.Tier.Name(), user.IsVerified, user.IsDisabled,
                user.CreatedAt, user.PasswordChangedAt),
            await db.AuthenticatorApps.Where(a => a.UserId == id).Select(a => new AppFacts(a.CreatedAt, a.ConfirmedAt)).SingleOrDefaultAsync(ct),
            await db.RecoveryCodes.Where(c => c.UserId == id).OrderBy(c => c.Id).Select(c => new CodeFacts(c.CreatedAt, c.UsedAt)).ToListAsync(ct),
            [.. passkeys.Select(PasskeyFacts.Of)],
            [.. tokens.Select(TokenFacts.Of)],
            [.. (await sessions.ListAsync(id, ct)).Select(s => new SessionFacts(s.Id.Value, s.CreatedAt, s.LastSeenAt, s.Address, s.UserAgent))],
            await music.QuotaAsync(id, user.Tier, ct),
            await db.DataExports.Where(e => e.UserId == id).OrderBy(e => e.CreatedAt).Select(e => new ExportFacts(e.Id, e.CreatedAt, e.CompletedAt)).ToListAsync(ct));
    }

    /// <summary>Entries of the audit trail that the person caused, or that are about their account.</summary>
    public IAsyncEnumerable<AuditEntryView> AuditAsync(UserId id)
    {
        var (actor, subject) = (id.ToString(), $"user:{id}");
        return db.AuditEntries.AsNoTracking()
            .Where(e => e.Actor == actor || e.Subject == subject)
            .OrderBy(e => e.Sequence)
            .AsAsyncEnumerable()
            .Select(AuditEntryView.Of);
    }
}

/// <summary>The content of <c>account.json</c>.</summary>
internal sealed record AccountFacts(
    UserFacts User, AppFacts? AuthenticatorApp, IReadOnlyList<CodeFacts> RecoveryCodes, IReadOnlyList<PasskeyFacts> Passkeys,
    IReadOnlyList<TokenFacts> PersonalAccessTokens, IReadOnlyList<SessionFacts> Sessions, IReadOnlyList<HeldQuota> Quota, IReadOnlyList<ExportFacts> Exports);

internal sealed record UserFacts(
    string Id, string Email, string Username, string Role, string Tier, bool IsVerified, bool IsDisabled, DateTimeOffset CreatedAt, DateTimeOffset PasswordChangedAt);

internal sealed record AppFacts(DateTimeOffset CreatedAt, DateTimeOffset? ConfirmedAt);

internal sealed record CodeFacts(DateTimeOffset CreatedAt, DateTimeOffset? UsedAt);

internal sealed record PasskeyFacts(
    Guid Id, string Name, string CredentialId, string PublicKey, string Transports, bool IsUserVerified, bool IsBackedUp, long SignCount,
    DateTimeOffset CreatedAt, DateTimeOffset? LastUsedAt)
{
    public static PasskeyFacts Of(Passkey p) => new(
        p.Id, p.Name, Base64Url.EncodeToString(p.CredentialId), Base64Url.EncodeToString(p.PublicKey), p.Transports, p.IsUserVerified, p.IsBackedUp,
        p.SignCount, p.CreatedAt, p.LastUsedAt);
}

internal sealed record TokenFacts(
    Guid Id, string Name, IReadOnlyList<string> Scopes, int? RateLimitMinute, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt, DateTimeOffset? LastUsedAt)
{
    public static TokenFacts Of(PersonalAccessToken t) => new(
        t.Id, t.Name, [.. Enum.GetValues<TokenScopes>().Where(s => s != TokenScopes.None && t.Scopes.HasFlag(s)).Select(s => s.ToString().ToLowerInvariant())],
        t.RateLimitMinute, t.CreatedAt, t.ExpiresAt, t.LastUsedAt);
}

internal sealed record SessionFacts(string Id, DateTimeOffset CreatedAt, DateTimeOffset LastSeenAt, string? Ip, string? UserAgent);

internal sealed record ExportFacts(Guid Id, DateTimeOffset CreatedAt, DateTimeOffset? CompletedAt);
