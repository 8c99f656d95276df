using MediatR;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using MusicGen.Application.Generations;
using MusicGen.Application.Identity;
using MusicGen.Application.Identity.DeleteUser;
using MusicGen.Application.Persistence;
using MusicGen.Domain.Generations;
using MusicGen.Domain.Identity;

namespace MusicGen.Infrastructure.Identity;

/// <summary>One look for what a dead process left half-done about accounts. Any node may do it at any time.</summary>
internal sealed partial class AccountSweep(
    IMusicGenDbContext db, IGenerationLeases leases, IExportQueue queue, IServiceScopeFactory scopes, TimeProvider time, ILogger<AccountSweep> logger)
{
    /// <summary>A deletion that goes on for longer is tried again; the process that began it may still be at it, which does no harm.</summary>
    public static readonly TimeSpan DeletionPatience = TimeSpan.FromMinutes(2);

    /// <summary>Starts exports again that nobody works on and no start waits for, or gives them up when that went on for too long.</summary>
    public async Task FreeExportsAsync(CancellationToken ct)
    {
        var open = await db.DataExports.Where(e => e.Status == ExportStatus.Pending || e.Status == ExportStatus.Running).ToListAsync(ct);
        if (open.Count == 0 || await queue.CountAsync(ct) > 0)
            return;
        foreach (var export in open)
        {
            if (await leases.IsHeldAsync(new GenerationId(export.Id), ct))
                continue;
            if (time.GetUtcNow() - export.CreatedAt < DataExport.Patience)
                await queue.EnqueueAsync(export.Id, ct);
            else
                await GiveUpAsync(export, ct);
        }
    }

    /// <summary>Ends deletions that a process began and didn't end.</summary>
    /// <returns>How many were ended.</returns>
    public async Task<int> FinishDeletionsAsync(CancellationToken ct)
    {
        var begunBefore = time.GetUtcNow() - DeletionPatience;
        var ended = 0;
        foreach (var user in await db.Users.Where(u => u.DeletionStartedAt < begunBefore).Select(u => u.Id).ToListAsync(ct))
        {
            try
            {
                await using var scope = scopes.CreateAsyncScope(); // what one leaves in memory must not hinder the next
                await scope.ServiceProvider.GetRequiredService<ISender>().Send(new DeleteUserCommand(user.ToString()), ct);
                ended++;
            }
            catch (Exception e) when (!ct.IsCancellationRequested)
            {
                Log.DeletionStuck(logger, e, user); // the next one isn't to blame; this one is tried again
            }
        }

        return ended;
    }

    private async Task GiveUpAsync(DataExport export, CancellationToken ct)
    {
        export.Fail(DataExport.Interrupted, time.GetUtcNow());
        try
        {
            await db.SaveChangesAsync(ct);
            Log.ExportGivenUp(logger, export.Id);
        }
        catch (DbUpdateConcurrencyException)
        {
            await db.DataExports.Entry(export).ReloadAsync(ct); // its worker or another node was quicker
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1041, LogLevel.Error, "Export {ExportId} lost its workers until it was given up")]
        public static partial void ExportGivenUp(ILogger logger, Guid exportId);

        [LoggerMessage(1042, LogLevel.Error, "The deletion of user {UserId} could not be ended; it is tried again")]
        public static partial void DeletionStuck(ILogger logger, Exception exception, UserId userId);
    }
}
