using FluentValidation;
using MediatR;
using MusicGen.Application.Auditing;
using MusicGen.Application.Generations;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;

namespace MusicGen.Application.Backups.RestoreBackup;

/// <summary>
/// Restores what a backup holds beside its database, which is there already: so the restored trail says that it was.
/// Only the command line can.
/// </summary>
/// <param name="Folder">Absolute.</param>
/// <param name="Progress">Hears of each file.</param>
[AuditAction("backups.restore")]
public sealed record RestoreBackupCommand(string Folder, IProgress<StepsDone> Progress) : ICommand<BackupFacts>;

internal sealed class RestoreBackupCommandValidator : AbstractValidator<RestoreBackupCommand>
{
    public RestoreBackupCommandValidator() => RuleFor(c => c.Folder).NotEmpty();
}

internal sealed class RestoreBackupCommandHandler(IBackupRestorer backups) : IRequestHandler<RestoreBackupCommand, Result<BackupFacts>>
{
    public Task<Result<BackupFacts>> Handle(RestoreBackupCommand command, CancellationToken ct) =>
        backups.RestoreAsync(command.Folder, command.Progress, ct);
}
