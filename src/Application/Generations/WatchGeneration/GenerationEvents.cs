using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;
using MusicGen.Domain.Generations;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Generations.WatchGeneration;

/// <summary>
/// Follows one task until it ends. Announcements make it quick; the database, asked every two seconds, makes it
/// certain: a lost message delays an event and never swallows one.
/// </summary>
public sealed class GenerationEvents(IServiceScopeFactory scopes, IGenerationProgress progress, ICurrentUser caller, TimeProvider time)
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(2);

    /// <param name="taskId">One of the caller's tasks.</param>
    /// <param name="lastEventId">The last event that the client saw: a state that it knows isn't sent again.</param>
    /// <param name="ct">Ends the watch.</param>
    /// <returns><c>generation.not_found</c>, or a stream whose first event is the state of now.</returns>
    public async Task<Result<GenerationStream>> WatchAsync(string taskId, string? lastEventId, CancellationToken ct)
    {
        var user = caller.Required;
        if (!GenerationId.TryParse(taskId, out var id) || await LookAsync(user, id, ct) is not { } now)
            return GenerationErrors.NotFound;
        var first = GenerationEvent.Of(now);
        return new GenerationStream(FollowAsync(user, id, now, lastEventId, ct), first.IsLast && first.Id == lastEventId);
    }

    private async IAsyncEnumerable<GenerationEvent> FollowAsync(
        UserId user, GenerationId id, WatchedTask now, string? lastId, [EnumeratorCancellation] CancellationToken ct)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var signals = Channel.CreateBounded<StepsDone?>(new BoundedChannelOptions(16) { FullMode = BoundedChannelFullMode.DropOldest });
        var listening = ListenAsync(id, signals.Writer, end.Token);
        try
        {
            while (true)
            {
                var next = GenerationEvent.Of(now);
                if (next.Id != lastId)
                    yield return next;
                if (next.IsLast)
                    yield break;
                lastId = next.Id;
                now = await NextAsync(user, id, now, signals.Reader, ct);
            }
        }
        finally
        {
            await end.CancelAsync();
            await listening;
        }
    }

    // The task as it is after the next signal, or after two seconds without one.
    private async Task<WatchedTask> NextAsync(
        UserId user, GenerationId id, WatchedTask known, ChannelReader<StepsDone?> signals, CancellationToken ct)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        using var timer = time.CreateTimer(_ => patience.Cancel(), null, LookAgain, Timeout.InfiniteTimeSpan);
        try
        {
            var steps = await signals.ReadAsync(patience.Token);
            if (steps is { } s && known.View.Status == "processing" && time.GetElapsedTime(known.SeenAt) < LookAgain)
                return s.Done < known.View.StepsDone ? known : known with { View = known.View.WithSteps(s, time.GetUtcNow()) }; // a look may overtake a signal
        }
        catch (Exception e) when (!ct.IsCancellationRequested && e is OperationCanceledException or ChannelClosedException)
        {
            if (e is ChannelClosedException)
                await Task.Delay(LookAgain, time, ct);
        }

        return await LookAsync(user, id, ct) ?? known.Gone();
    }

    // A context of its own for each look: the stream lives longer than a unit of work should.
    private async Task<WatchedTask?> LookAsync(UserId user, GenerationId id, CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<IMusicGenDbContext>();
        if (await db.Generations.AsNoTracking().SingleOrDefaultAsync(g => g.UserId == user && g.Id == id, ct) is not { } task)
            return null;
        var view = await scope.ServiceProvider.GetRequiredService<GenerationViews>().OfAsync(task, ct);
        return new WatchedTask(view, task.Version, time.GetTimestamp());
    }

    private async Task ListenAsync(GenerationId id, ChannelWriter<StepsDone?> signals, CancellationToken ct)
    {
        try
        {
            await foreach (var signal in progress.WatchAsync(id, ct))
                signals.TryWrite(signal);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
        }
        finally
        {
            signals.TryComplete();
        }
    }
}

/// <param name="Events">Ends after the task's last event.</param>
/// <param name="IsOver">Whether the client knows the end already, so that nothing will come.</param>
public sealed record GenerationStream(IAsyncEnumerable<GenerationEvent> Events, bool IsOver);
