using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using MusicGen.Application.Auditing;
using MusicGen.Application.Generations;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity.RunExport;

/// <summary>The worker's use case: gathers what was asked for. A second start of the same export does nothing.</summary>
[AuditAction("identity.run_export")]
public sealed record RunExportCommand(Guid Id) : ICommand<None>, IAuditedSubject
{
    public string? AuditSubject => $"export:{Id}";
}

internal sealed class RunExportCommandValidator : AbstractValidator<RunExportCommand>
{
    public RunExportCommandValidator() => RuleFor(c => c.Id).NotEmpty();
}

internal sealed class RunExportCommandHandler(
    IMusicGenDbContext db, IGenerationLeases leases, ExportWriter writer, ExportRemoval removal, AccountMails mails,
    TimeProvider time, ILogger<RunExportCommandHandler> logger)
    : IRequestHandler<RunExportCommand, Result<None>>
{
    public async Task<Result<None>> Handle(RunExportCommand command, CancellationToken ct)
    {
        await using var lease = await leases.TryAcquireAsync(ExportRemoval.LeaseOf(command.Id), ct);
        if (lease is null)
            return default(None);
        var export = await db.DataExports.SingleOrDefaultAsync(
            e => e.Id == command.Id && (e.Status == ExportStatus.Pending || e.Status == ExportStatus.Running), ct);
        if (export is null)
            return default(None);

        using var work = CancellationTokenSource.CreateLinkedTokenSource(ct, lease.Lost);
        try
        {
            var file = await writer.WriteAsync(export, work.Token);
            export.Complete(file.Bytes, file.Sha256, time.GetUtcNow(), writer.Kept);
        }
        catch (OperationCanceledException)
        {
            return default(None); // the process stops, or somebody else has it: it stays open and is started again
        }
        catch (Exception e)
        {
            ExportLog.Broke(logger, e, command.Id);
            export.Fail(DataExport.Broken, time.GetUtcNow());
        }

        if (!await db.TrySaveAsync(CancellationToken.None))
            await writer.DiscardAsync(command.Id); // its owner's account was deleted meanwhile
        else if (export.Status == ExportStatus.Completed)
            await FollowAsync(export);
        return default(None);
    }

    // One archive of everything is enough: the earlier ones go.
    private async Task FollowAsync(DataExport export)
    {
        await removal.RemoveAsync(
            e => e.UserId == export.UserId && e.Id != export.Id && (e.Status == ExportStatus.Completed || e.Status == ExportStatus.Failed), CancellationToken.None);
        var email = await db.Users.Where(u => u.Id == export.UserId).Select(u => u.Email).SingleAsync(CancellationToken.None);
        await mails.SendExportReadyAsync(email, CancellationToken.None);
    }
}

internal static partial class ExportLog
{
    [LoggerMessage(1040, LogLevel.Error, "Export {ExportId} could not be made")]
    public static partial void Broke(ILogger logger, Exception exception, Guid exportId);
}
