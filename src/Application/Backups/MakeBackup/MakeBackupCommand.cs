using FluentValidation;
using MediatR;
using MusicGen.Application.Auditing;
using MusicGen.Application.Generations;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;

namespace MusicGen.Application.Backups.MakeBackup;

/// <summary>Copies the service into a folder while it serves. Only the command line can.</summary>
/// <param name="Folder">Absolute; new or empty.</param>
/// <param name="Sessions">Whether who is signed in stays so.</param>
/// <param name="Progress">Hears of each file.</param>
[AuditAction("backups.make")]
public sealed record MakeBackupCommand(string Folder, bool Sessions, IProgress<StepsDone> Progress) : ICommand<BackupMade>;

internal sealed class MakeBackupCommandValidator : AbstractValidator<MakeBackupCommand>
{
    public MakeBackupCommandValidator() => RuleFor(c => c.Folder).NotEmpty();
}

internal sealed class MakeBackupCommandHandler(IBackupMaker backups) : IRequestHandler<MakeBackupCommand, Result<BackupMade>>
{
    public Task<Result<BackupMade>> Handle(MakeBackupCommand command, CancellationToken ct) =>
        backups.MakeAsync(command.Folder, command.Sessions, command.Progress, ct);
}
