using Microsoft.Extensions.Logging;
using MusicGen.Domain.Generations;

namespace MusicGen.Application.Generations.RunGeneration;

/// <summary>The worker's middle: from a task to a stored clip, or to a reason why there is none.</summary>
internal sealed class ClipMaker(
    IMusicGenerator generator, IAudioStore store, ILiveSounds sounds, TaskRequests requests, TimeProvider time, ILogger<ClipMaker> logger)
{
    private const string SourceIsGone = "The task to go on from was deleted before this one started. Nothing was charged.";

    /// <summary>Whether this machine has a model.</summary>
    public bool Has(string model) => generator.Find(model) is not null;

    /// <exception cref="OperationCanceledException">The process stops, or the lease is lost.</exception>
    public async Task<MadeClip> MakeAsync(Generation task, IGenerationLease lease, CancellationToken ct)
    {
        using var work = CancellationTokenSource.CreateLinkedTokenSource(ct, lease.Lost);
        await using var steps = new StepPublisher(lease, time);
        using var live = task.Parameters.KeepsLevel ? sounds.Open(task.Id, lease.Number) : null;
        try
        {
            var request = await RequestOfAsync(task, work.Token) with { Listener = live };
            var clip = await generator.GenerateAsync(request, steps, work.Token);
            if (!await lease.IsStillHeldAsync(work.Token))
                throw new OperationCanceledException("The lease is lost.");
            await store.SaveAsync(task.Id, clip, work.Token);
            return new MadeClip(clip, steps.Latest.Total, generator.Find(task.Model)?.EngineVersion, null);
        }
        catch (MusicGenerationException e)
        {
            return new MadeClip(null, 0, null, e.Message);
        }
        catch (Exception e) when (e is not OperationCanceledException || !work.IsCancellationRequested)
        {
            if (e is OperationCanceledException && !await lease.IsStillHeldAsync(CancellationToken.None))
                throw;
            RunLog.EngineBroke(logger, e, task.Id);
            return new MadeClip(null, 0, null, "The music could not be made because of a fault on our side. Nothing was charged; please try again.");
        }
    }

    public Task DiscardAsync(GenerationId id) => store.DeleteAsync(id, CancellationToken.None);

    private async Task<MusicRequest> RequestOfAsync(Generation task, CancellationToken ct)
    {
        var found = await requests.OfAsync(task, ct);
        if (!found.IsSuccess)
            throw new MusicGenerationException($"{found.Error.Message} Nothing was charged.");
        return !task.Neural
            ? found.Value
            : found.Value with { Continue = await SourceAsync(task.Parameters.ContinueFrom, ct), Melody = await SourceAsync(task.Parameters.MelodyFrom, ct) };
    }

    private async Task<AudioClip?> SourceAsync(string? source, CancellationToken ct)
    {
        if (source is null || !GenerationId.TryParse(source, out var id))
            return null;
        return await store.LoadAsync(id, ct)
            ?? throw new MusicGenerationException(SourceIsGone);
    }
}

/// <summary>A stored clip with the engine's number of steps and its version, or a problem that people may read.</summary>
internal sealed record MadeClip(AudioClip? Clip, int Steps, int? EngineVersion, string? Problem);

internal static partial class RunLog
{
    [LoggerMessage(3001, LogLevel.Error, "The engine broke on task {TaskId}")]
    public static partial void EngineBroke(ILogger logger, Exception exception, GenerationId taskId);
}
