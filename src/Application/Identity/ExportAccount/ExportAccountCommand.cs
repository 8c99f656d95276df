using MediatR;
using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Auditing;
using MusicGen.Application.Generations;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;
using MusicGen.Domain.Generations;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity.ExportAccount;

/// <summary>Asks for all that the service holds of the caller, as one file. One is made at a time; asking again is answered with it.</summary>
[AuditAction("identity.export_account")]
public sealed record ExportAccountCommand : ICommand<ExportView>, IRequiresStepUp;

internal sealed class ExportAccountCommandHandler(
    IMusicGenDbContext db, IGenerationLeases leases, IExportQueue queue, ICurrentUser caller, TimeProvider time)
    : IRequestHandler<ExportAccountCommand, Result<ExportView>>
{
    private static Error Busy => Error.Unavailable("Your export is being asked for at this very moment.", TimeSpan.FromSeconds(1));

    public async Task<Result<ExportView>> Handle(ExportAccountCommand command, CancellationToken ct)
    {
        // Held while we look and save, so that two requests at once don't open two.
        var user = caller.Required;
        await using var turn = await leases.TryAcquireAsync(new GenerationId(user.Value), ct);
        if (turn is null)
            return Busy;

        var open = await db.DataExports.AsNoTracking()
            .FirstOrDefaultAsync(e => e.UserId == user && (e.Status == ExportStatus.Pending || e.Status == ExportStatus.Running), ct);
        if (open is not null)
            return ExportView.Of(open);

        var now = time.GetUtcNow();
        var export = new DataExport(Guid.CreateVersion7(now), user, now);
        db.DataExports.Add(export);
        await db.SaveChangesAsync(ct);
        await queue.EnqueueAsync(export.Id, ct); // a crash before this is made up for by the sweep
        return ExportView.Of(export);
    }
}
