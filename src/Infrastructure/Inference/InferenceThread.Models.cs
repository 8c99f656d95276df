using System.Runtime.CompilerServices;
using MusicGen.Application.Generations;
using MusicGen.Application.Nodes;
using MusicGen.Infrastructure.Inference.Checkpoints;
using static TorchSharp.torch;

namespace MusicGen.Infrastructure.Inference;

/// <summary>The device's memory as others see it, and what they may ask of it: they never wait for more than a step or a load.</summary>
internal sealed partial class InferenceThread
{
    private readonly ConditionalWeakTable<MusicGenConfig, StrongBox<long>> _bytes = [];

    public DeviceState State => new(
        Profile.Device.Name, Profile.Name, Profile.MemoryLimit, _models.Bytes + _jobs.Keys.Where(j => j.Work is not null).Sum(j => j.CacheBytes),
        Taken, Places, _models.Ids);

    /// <summary>Whether a model answers without loading first.</summary>
    public bool IsLoaded(string id) => _models.Contains(id);

    /// <summary>Whether a song of this model is under way or waits.</summary>
    public bool IsWanted(string id) => _jobs.Keys.Any(j => j.Model == id);

    /// <summary>Bytes that a model's weights take here.</summary>
    public long BytesFor(MusicGenConfig config) => _bytes.GetValue(config, c => new(LoadedModel.BytesFor(c, Profile))).Value;

    /// <summary>Bytes that a song takes here, with its model.</summary>
    public long BytesFor(MusicGenConfig config, SongRequest request) => BytesFor(config) + SongWork.CacheBytes(config, Profile, request);

    /// <summary>Bytes that a model and one more song of it may take beside the songs that are here.</summary>
    public long RoomFor(string id)
    {
        var songs = _jobs.Keys;
        return Profile.MemoryLimit - songs.Sum(j => j.CacheBytes) - songs.Where(j => j.Model != id).DistinctBy(j => j.Model).Sum(j => j.ModelBytes);
    }

    /// <summary>Loads a model between two steps; false when there is no room for it beside what songs use.</summary>
    /// <exception cref="MusicGenerationException">It can't be loaded; the message may be shown to people.</exception>
    public Task<bool> LoadAsync(ModelFolder folder, CancellationToken ct) => BetweenStepsAsync(
        () =>
        {
            try
            {
                return _models.Take(folder, InUse([.. _jobs.Keys])) is not null;
            }
            catch (Exception e)
            {
                Log.Broken(_logger, e, folder.Id);
                throw Explained(folder.Id, e) as MusicGenerationException
                    ?? new MusicGenerationException($"The model {folder.Id} can't be loaded on {Profile.Device.Name} because of a fault on our side. The log says which.", e);
            }
        },
        ct);

    /// <summary>Unloads a model that no song wants; false when it wasn't loaded.</summary>
    public Task<bool> UnloadAsync(string id, CancellationToken ct) => BetweenStepsAsync(() => _models.Unload(id), ct);

    private Task<bool> BetweenStepsAsync(Func<bool> act, CancellationToken ct)
    {
        var done = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        _arriving.Add(
            () =>
            {
                if (ct.IsCancellationRequested || _arriving.IsAddingCompleted)
                    done.TrySetCanceled(ct);
                else
                    Complete(done, act);
            },
            CancellationToken.None);
        return done.Task.WaitAsync(ct);
    }

    private static void Complete(TaskCompletionSource<bool> done, Func<bool> act)
    {
        try
        {
            using var scope = NewDisposeScope();
            done.TrySetResult(act());
        }
        catch (Exception e)
        {
            done.TrySetException(e);
        }
    }
}
