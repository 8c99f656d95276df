using FluentValidation;
using MediatR;
using MusicGen.Application.Auditing;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;
using MusicGen.Domain.Generations;

namespace MusicGen.Application.Generations.PurgeMusic;

/// <summary>Removes what music is kept no longer: old tasks with their sound, and copies that can be encoded again.</summary>
/// <param name="FinishedBefore">Tasks that ended earlier go; null keeps all.</param>
/// <param name="CopiesBefore">Copies in other formats that were written earlier go.</param>
[AuditAction("generations.purge")]
public sealed record PurgeMusicCommand(DateTimeOffset? FinishedBefore, DateTimeOffset CopiesBefore) : ICommand<PurgedMusic>;

public sealed record PurgedMusic(int Tasks, int AudioFiles, long AudioBytes, int Copies);

internal sealed class PurgeMusicCommandValidator : AbstractValidator<PurgeMusicCommand>
{
    public PurgeMusicCommandValidator() => RuleFor(c => c.CopiesBefore).NotEmpty();
}

internal sealed class PurgeMusicCommandHandler(IMusicGenDbContext db, MusicRemoval removal, IAudioStore store)
    : IRequestHandler<PurgeMusicCommand, Result<PurgedMusic>>
{
    public async Task<Result<PurgedMusic>> Handle(PurgeMusicCommand command, CancellationToken ct)
    {
        var removed = default(RemovedMusic);
        if (command.FinishedBefore is { } before)
        {
            removed = await removal.RemoveAsync(
                db.Generations.Where(g => g.CompletedAt < before && g.Status != GenerationStatus.Pending && g.Status != GenerationStatus.Processing), ct);
        }

        return new PurgedMusic(removed.Tasks, removed.AudioFiles, removed.AudioBytes, await store.DeleteCopiesAsync(command.CopiesBefore, ct));
    }
}
