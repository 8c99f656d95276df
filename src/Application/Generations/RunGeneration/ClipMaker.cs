using System.Diagnostics;
using Microsoft.Extensions.Logging;
using MusicGen.Application.Pipeline;
using MusicGen.Domain.Generations;

namespace MusicGen.Application.Generations.RunGeneration;

/// <summary>The worker's middle: from a task to a stored clip, or to a reason why there is none.</summary>
internal sealed class ClipMaker(
    IMusicGenerator generator, IAudioStore store, ILiveSounds sounds, IWorkingNode node, TaskRequests requests, TimeProvider time, ILogger<ClipMaker> logger)
{
    private const string OurFault = "The music could not be made because of a fault on our side. Nothing was charged; please try again.";

    private const string NoMemory = "There wasn't enough memory. Ask for a shorter song, or try again later.";

    /// <summary>Between tries to keep a finished clip: a store that is away for a moment costs no second song.</summary>
    private static readonly TimeSpan[] Pauses = [.. new[] { 1, 2, 4, 8 }.Select(s => TimeSpan.FromSeconds(s))];

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
            var clip = await GenerateAsync(task, request, steps, work.Token);
            if (!await lease.IsStillHeldAsync(work.Token))
                throw new OperationCanceledException("The lease is lost.");
            using (Telemetry.Source.StartActivity("store"))
                await StoreAsync(task.Id, clip, work.Token);
            return new MadeClip(clip, steps.Latest.Total, generator.Find(task.Model)?.EngineVersion, null);
        }
        catch (MusicGenerationException e)
        {
            return new MadeClip(null, 0, null, e.Message) { Fault = e.Fault };
        }
        catch (OutOfMemoryException e)
        {
            RunLog.EngineBroke(logger, e, task.Id);
            return new MadeClip(null, 0, null, NoMemory) { Fault = NodeFault.Memory };
        }
        catch (Exception e) when (e is not OperationCanceledException || !work.IsCancellationRequested)
        {
            if (e is OperationCanceledException && !await lease.IsStillHeldAsync(CancellationToken.None))
                throw;
            RunLog.EngineBroke(logger, e, task.Id);
            return new MadeClip(null, 0, null, OurFault);
        }
    }

    private async Task<AudioClip> GenerateAsync(Generation task, MusicRequest request, StepPublisher steps, CancellationToken ct)
    {
        using var span = Telemetry.Source.StartActivity("generate");
        span?.SetTag("musicgen.model", task.Model).SetTag("musicgen.engine", task.Engine.Name).SetTag("musicgen.seconds", request.Seconds).SetTag("musicgen.attempt", task.Attempts);
        span?.SetStatus(ActivityStatusCode.Error); // unless it comes to its end
        try
        {
            var making = generator.GenerateAsync(request, steps, ct);
            node.HandToEngine(task.Id);
            var clip = await making;
            span?.SetStatus(ActivityStatusCode.Ok);
            return clip;
        }
        finally
        {
            span?.SetTag("musicgen.steps.done", steps.Latest.Done).SetTag("musicgen.steps.total", steps.Latest.Total);
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
        try
        {
            return await store.LoadAsync(id, ct) ?? throw new MusicGenerationException(SourceIsGone);
        }
        catch (Exception e) when (IsOfStore(e))
        {
            RunLog.StoreFailed(logger, e, id);
            throw new MusicGenerationException(OurFault, e) { Fault = NodeFault.Store };
        }
    }

    private async Task StoreAsync(GenerationId id, AudioClip clip, CancellationToken ct)
    {
        for (var tries = 0; ; tries++)
        {
            try
            {
                await store.SaveAsync(id, clip, ct);
                return;
            }
            catch (Exception e) when (IsOfStore(e))
            {
                RunLog.StoreFailed(logger, e, id);
                if (tries == Pauses.Length)
                    throw new MusicGenerationException(OurFault, e) { Fault = NodeFault.Store };
            }

            await Task.Delay(Pauses[tries], time, ct);
        }
    }

    private static bool IsOfStore(Exception e) => e is IOException or UnauthorizedAccessException;
}

/// <summary>A stored clip with the engine's number of steps and its version, or a problem that people may read.</summary>
internal sealed record MadeClip(AudioClip? Clip, int Steps, int? EngineVersion, string? Problem)
{
    /// <summary>What of this node is to blame for the problem; null where another node had it too.</summary>
    public NodeFault? Fault { get; init; }
}

internal static partial class RunLog
{
    [LoggerMessage(3001, LogLevel.Error, "The engine broke on task {TaskId}")]
    public static partial void EngineBroke(ILogger logger, Exception exception, GenerationId taskId);

    [LoggerMessage(3002, LogLevel.Error, "The sound of task {TaskId} can't be read or kept")]
    public static partial void StoreFailed(ILogger logger, Exception exception, GenerationId taskId);

    [LoggerMessage(3003, LogLevel.Warning, "Task {TaskId} waits again after attempt {Attempt}, for this node couldn't make it: {Problem}")]
    public static partial void PutBack(ILogger logger, GenerationId taskId, int attempt, string problem);
}
