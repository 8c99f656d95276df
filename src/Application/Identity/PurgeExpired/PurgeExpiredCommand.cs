using MediatR;
using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Auditing;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Application.Sessions;
using MusicGen.Domain;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity.PurgeExpired;

/// <summary>Removes what is over about accounts and serves nobody any more.</summary>
[AuditAction("identity.purge_expired")]
public sealed record PurgeExpiredCommand : ICommand<PurgedAccounts>;

/// <param name="Registrations">Whose link nobody followed.</param>
/// <param name="ResetLinks">That nobody followed.</param>
/// <param name="LegacyTokens">Spent ones that would have ended by now.</param>
/// <param name="Tokens">Personal access tokens that ended a month ago.</param>
/// <param name="Revocations">Of what would be over by now anyway.</param>
/// <param name="Exports">With their files.</param>
/// <param name="LeftExports">Files of exports that were no more.</param>
public sealed record PurgedAccounts(int Registrations, int ResetLinks, int LegacyTokens, int Tokens, int Revocations, int Exports, int LeftExports);

internal sealed class PurgeExpiredCommandHandler(
    IMusicGenDbContext db, IRevocations revocations, ExportRemoval exports, IExportFiles files, TimeProvider time)
    : IRequestHandler<PurgeExpiredCommand, Result<PurgedAccounts>>
{
    private const int AskedTogether = 500;

    /// <summary>Its owner shall still see why a script stopped.</summary>
    private static readonly TimeSpan TokensAreShown = TimeSpan.FromDays(30);

    /// <summary>No file is in the making for as long.</summary>
    private static readonly TimeSpan Settled = TimeSpan.FromDays(1);

    public async Task<Result<PurgedAccounts>> Handle(PurgeExpiredCommand command, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var (endedTokens, failedExports) = (now - TokensAreShown, now - files.Kept);
        return new PurgedAccounts(
            await db.Registrations.Where(r => r.ExpiresAt <= now).ExecuteDeleteAsync(ct),
            await db.PasswordResets.Where(r => r.ExpiresAt <= now).ExecuteDeleteAsync(ct),
            await db.SpentLegacyTokens.Where(t => t.ExpiresAt <= now).ExecuteDeleteAsync(ct),
            await db.PersonalAccessTokens.Where(t => t.ExpiresAt <= endedTokens).ExecuteDeleteAsync(ct),
            await revocations.RemoveExpiredAsync(ct),
            await exports.RemoveAsync(e => e.ExpiresAt <= now || (e.Status == ExportStatus.Failed && e.CompletedAt <= failedExports), ct),
            await RemoveLeftAsync(now - Settled, ct));
    }

    // Rows lead to no file whose worker was killed after its export was deleted.
    private async Task<int> RemoveLeftAsync(DateTimeOffset before, CancellationToken ct)
    {
        var count = 0;
        await foreach (var together in files.ListAsync(before, ct).Chunk(AskedTogether))
        {
            var found = together.ToList();
            var living = await db.DataExports.Where(e => found.Contains(e.Id)).Select(e => e.Id).ToHashSetAsync(ct);
            foreach (var id in found.Where(id => !living.Contains(id)))
            {
                await files.DeleteAsync(id, ct);
                count++;
            }
        }

        return count;
    }
}
