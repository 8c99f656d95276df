using Microsoft.Extensions.Logging;
using MusicGen.Application.Generations;
using MusicGen.Application.Nodes;
using MusicGen.Infrastructure.Inference.Checkpoints;

namespace MusicGen.Infrastructure.Inference;

/// <summary>The devices of this machine, a thread for each: which of them makes a song, and which have a model.</summary>
internal sealed partial class InferenceDevices(IReadOnlyList<InferenceThread> threads, ILogger logger) : IDisposable
{
    private readonly Lock _choosing = new();

    public IReadOnlyList<DeviceState> States => [.. threads.Select(t => t.State)];

    public bool HasGpu => threads.Any(t => t.Profile.Device.IsGpu);

    /// <summary>Whether a model answers without loading first, somewhere.</summary>
    public bool IsLoaded(string id) => threads.Any(t => t.IsLoaded(id));

    /// <summary>The engine that makes a model's songs as long as its device has places; null where the model fits nowhere.</summary>
    public string? EngineOf(MusicGenConfig config) => Holding(config).FirstOrDefault()?.Profile.Name;

    /// <summary>Why no device can hold a model, in words that say what to do next; null when one can.</summary>
    public string? Shortage(MusicGenConfig config)
    {
        var closest = threads.MinBy(t => t.BytesFor(config) - t.Profile.MemoryLimit)!;
        var (needed, limit) = (closest.BytesFor(config), closest.Profile.MemoryLimit);
        return needed <= limit
            ? null
            : $"It needs {LoadedModels.Gigabytes(needed)} of memory, and {LoadedModels.Gigabytes(limit)} may be used on {closest.Profile.Device.Name}. Choose a smaller model, or raise INFERENCE_MEMORY_MB.";
    }

    /// <summary>Songs of a model that could begin now on devices that can hold it.</summary>
    public int FreePlaces(MusicGenConfig config) => Holding(config).Sum(t => Math.Max(0, t.Places - t.Taken));

    /// <summary>Makes a song on the device that is best placed for it; where that one can't load the model, on another.</summary>
    /// <returns>The song, and how it was computed.</returns>
    /// <exception cref="MusicGenerationException">No device can make it.</exception>
    public async Task<(Song Song, EngineProfile Profile)> SingAsync(
        ModelFolder folder, SongRequest request, IProgress<StepsDone> progress, int furtherSteps, CancellationToken ct)
    {
        var candidates = Candidates(folder.Config!, request);
        while (true)
        {
            var (thread, job) = Send();
            try
            {
                return (await job.Completion.Task, thread.Profile);
            }
            catch (Exception e) when (!job.HadModel && !ct.IsCancellationRequested && candidates.Count > 1)
            {
                Log.Elsewhere(logger, e, folder.Id, thread.Profile.Device.Name);
                candidates.Remove(thread);
            }
        }

        (InferenceThread, SongJob) Send()
        {
            lock (_choosing)
            {
                var thread = candidates.OrderBy(t => Reluctance(t, folder, request)).ThenBy(t => (double)t.Taken / t.Places).First();
                return (thread, thread.Sing(folder, request, progress, furtherSteps, ct));
            }
        }
    }

    /// <summary>Loads a model that some device can hold wherever there is room for it beside what songs use.</summary>
    /// <exception cref="MusicGenerationException">There is none, or it can't be loaded.</exception>
    public async Task LoadAsync(ModelFolder folder, CancellationToken ct)
    {
        var loads = Holding(folder.Config!).Select(t => t.LoadAsync(folder, ct)).ToList();
        await ((Task)Task.WhenAll(loads)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var load in loads.OrderBy(l => l.IsFaulted))
        {
            if (await load)
                return;
        }

        throw new MusicGenerationException($"Songs that are under way use the memory that {folder.Id} needs. Try again when they are done, or raise INFERENCE_MEMORY_MB.");
    }

    /// <summary>Unloads a model everywhere; false where a song wants it, or none had it.</summary>
    public async Task<bool> UnloadAsync(string id, CancellationToken ct)
    {
        List<Task<bool>> unloads;
        lock (_choosing)
        {
            // A song that comes from now on stands behind these, and loads it again.
            if (threads.Any(t => t.IsWanted(id)))
                return false;
            unloads = [.. threads.Select(t => t.UnloadAsync(id, ct))];
        }

        return (await Task.WhenAll(unloads)).Contains(true);
    }

    public void Dispose()
    {
        foreach (var thread in threads)
            thread.Dispose();
    }

    private IEnumerable<InferenceThread> Holding(MusicGenConfig config) => threads.Where(t => t.BytesFor(config) <= t.Profile.MemoryLimit);

    // A song that is too long for every device goes to one that has room for its model at least, and hears there by how much.
    private List<InferenceThread> Candidates(MusicGenConfig config, SongRequest request)
    {
        if (Shortage(config) is { } shortage)
            throw new MusicGenerationException(shortage) { Fault = NodeFault.Model };
        var holding = Holding(config).ToList();
        var fitting = holding.FindAll(t => t.BytesFor(config, request) <= t.Profile.MemoryLimit);
        return fitting.Count > 0 ? fitting : holding;
    }

    // 0: has the model, or is about to, and a place. 1: can load it beside what its songs use. 2: the song would wait.
    private static int Reluctance(InferenceThread thread, ModelFolder folder, SongRequest request)
    {
        if (thread.Taken >= thread.Places || thread.BytesFor(folder.Config!, request) > thread.RoomFor(folder.Id))
            return 2;
        return thread.IsLoaded(folder.Id) || thread.IsWanted(folder.Id) ? 0 : 1;
    }

    private static partial class Log
    {
        [LoggerMessage(7209, LogLevel.Warning, "The model {Model} couldn't be loaded on {Device}; another device is asked")]
        public static partial void Elsewhere(ILogger logger, Exception exception, string model, string device);
    }
}
