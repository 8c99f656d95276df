using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Auditing;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;
using MusicGen.Domain.Generations;

namespace MusicGen.Application.Generations.PurgeMusic;

/// <summary>
/// Removes what music is kept no longer: old tasks with their sound, copies that can be encoded again, and sound whose task
/// is no more.
/// </summary>
/// <param name="FinishedBefore">Tasks that ended earlier go; null keeps all.</param>
/// <param name="CopiesBefore">Copies in other formats that were written earlier go.</param>
[AuditAction("generations.purge")]
public sealed record PurgeMusicCommand(DateTimeOffset? FinishedBefore, DateTimeOffset CopiesBefore) : ICommand<PurgedMusic>;

/// <param name="Tasks">Old ones.</param>
/// <param name="AudioFiles">Theirs.</param>
/// <param name="AudioBytes">Of these.</param>
/// <param name="Copies">In other formats, and halves.</param>
/// <param name="Left">Tasks that were no more, whose sound was there still.</param>
/// <param name="Foreign">Too many of these to be ours: their sound stayed.</param>
public sealed record PurgedMusic(int Tasks, int AudioFiles, long AudioBytes, int Copies, int Left, int Foreign);

internal sealed class PurgeMusicCommandValidator : AbstractValidator<PurgeMusicCommand>
{
    public PurgeMusicCommandValidator() => RuleFor(c => c.CopiesBefore).NotEmpty();
}

internal sealed class PurgeMusicCommandHandler(IMusicGenDbContext db, MusicRemoval removal, IAudioStore store, TimeProvider time)
    : IRequestHandler<PurgeMusicCommand, Result<PurgedMusic>>
{
    /// <summary>No file is in the making for as long.</summary>
    private static readonly TimeSpan Settled = TimeSpan.FromDays(1);

    public async Task<Result<PurgedMusic>> Handle(PurgeMusicCommand command, CancellationToken ct)
    {
        var removed = default(RemovedMusic);
        if (command.FinishedBefore is { } before)
        {
            removed = await removal.RemoveAsync(
                db.Generations.Where(g => g.CompletedAt < before && g.Status != GenerationStatus.Pending && g.Status != GenerationStatus.Processing), ct);
        }

        var cleared = await store.ClearAsync(command.CopiesBefore, time.GetUtcNow() - Settled, ids => LivingAsync(ids, ct), ct);
        return new PurgedMusic(removed.Tasks, removed.AudioFiles, removed.AudioBytes, cleared.Copies, cleared.Left, cleared.Foreign);
    }

    private async Task<IReadOnlySet<GenerationId>> LivingAsync(IReadOnlyCollection<GenerationId> ids, CancellationToken ct)
    {
        var asked = ids.ToList();
        return await db.Generations.Where(g => asked.Contains(g.Id)).Select(g => g.Id).ToHashSetAsync(ct);
    }
}
