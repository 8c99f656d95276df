using MediatR;
using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Application.Quotas;
using MusicGen.Domain;
using MusicGen.Domain.Generations;

namespace MusicGen.Application.Generations.GenerateMusic;

internal sealed class GenerateMusicCommandHandler(
    IMusicGenDbContext db, ModelChoice models, GenerationFlow flow, ICurrentUser caller, TimeProvider time)
    : IRequestHandler<GenerateMusicCommand, Result<GenerationView>>, IAnswersRepeats<GenerateMusicCommand, Result<GenerationView>>
{
    private static readonly TimeSpan KeyLifetime = TimeSpan.FromDays(1);
    private static readonly TimeSpan RetryWhenFull = TimeSpan.FromSeconds(10);

    public async Task<Result<GenerationView>> Handle(GenerateMusicCommand command, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var earlier = await FindEarlierAsync(command.IdempotencyKey, ct);
        if (earlier?.CreatedAt > now - KeyLifetime)
            return await AnswerAgainAsync(earlier, command, ct);
        earlier?.ForgetRequestName();

        var choice = await models.ChooseAsync(command, ct);
        if (!choice.IsSuccess)
            return choice.Error;
        if (!await HasRoomAsync(ct))
            return GenerationErrors.QueueFull(RetryWhenFull);

        var task = command.ToTask(caller.Required, caller.Tier, choice.Value, now);
        db.Generations.Add(task);
        try
        {
            await db.SaveChangesAsync(ct);
        }
        catch (Exception e) when (command.IdempotencyKey is not null && e is UniqueValueTakenException or DbUpdateConcurrencyException)
        {
            // A request of the same name was quicker by a moment.
            var first = await FindEarlierAsync(command.IdempotencyKey, ct);
            return first is null ? GenerationErrors.QueueFull(RetryWhenFull) : await AnswerAgainAsync(first, command, ct);
        }

        // The row stands: the task runs even if the client has left by now, or no longer waits for the queue.
        await flow.FollowAsync(task, ct);
        return await flow.ViewAsync(task, ct);
    }

    public async Task<Result<GenerationView>?> FindAnswerAsync(GenerateMusicCommand request, CancellationToken ct) =>
        await FindEarlierAsync(request.IdempotencyKey, ct) is { } earlier && earlier.CreatedAt > time.GetUtcNow() - KeyLifetime
            ? await AnswerAgainAsync(earlier, request, ct)
            : null;

    private async Task<bool> HasRoomAsync(CancellationToken ct)
    {
        var tier = caller.Tier;
        return await db.Generations.CountAsync(g => g.Status == GenerationStatus.Pending && g.Tier == tier, ct) < flow.MaxWaiting;
    }

    private async Task<Generation?> FindEarlierAsync(string? key, CancellationToken ct)
    {
        var user = caller.Required;
        return key is null ? null : await db.Generations.SingleOrDefaultAsync(g => g.UserId == user && g.IdempotencyKey == key, ct);
    }

    private async Task<Result<GenerationView>> AnswerAgainAsync(Generation earlier, GenerateMusicCommand command, CancellationToken ct) =>
        earlier.RequestHash == command.RequestHash
            ? await flow.ViewAsync(earlier, ct)
            : GenerationErrors.IdempotencyMismatch;
}
