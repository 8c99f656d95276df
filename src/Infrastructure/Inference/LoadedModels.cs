using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using MusicGen.Application.Pipeline;
using MusicGen.Infrastructure.Inference.Checkpoints;

namespace MusicGen.Infrastructure.Inference;

/// <summary>What songs under way hold.</summary>
/// <param name="Models">Ids of their models, which can't be unloaded.</param>
/// <param name="CacheBytes">Of their caches.</param>
internal sealed record ModelsInUse(IReadOnlySet<string> Models, long CacheBytes);

/// <summary>
/// The models in a device's memory: loaded when a song needs them, unloaded when another needs the room, the longest unused
/// first. Belongs to the device's thread; others may only ask what is loaded.
/// </summary>
internal sealed partial class LoadedModels(EngineProfile profile, ILogger logger)
{
    private static readonly Gauge<long> Memory =
        Telemetry.Meter.CreateGauge<long>("musicgen.engine.memory", "By", "Weights and caches, as they are counted against the limit.");

    private static readonly Gauge<long> MemoryLimit = Telemetry.Meter.CreateGauge<long>("musicgen.engine.memory.limit", "By", "What they may take together.");

    private static readonly Gauge<int> Loaded = Telemetry.Meter.CreateGauge<int>("musicgen.engine.models.loaded", "{model}", "1 while a model is in memory, 0 once it has left.");

    private readonly PackedWeightsCache _packed = new(profile.CacheFolder, logger);
    private readonly ConcurrentDictionary<string, LoadedModel> _loaded = new(StringComparer.Ordinal);
    private readonly List<string> _recent = []; // ids, the longest unused first

    public bool IsEmpty => _loaded.IsEmpty;

    public IReadOnlyList<string> Ids => [.. _loaded.Keys.Order(StringComparer.Ordinal)];

    /// <summary>Of all weights.</summary>
    public long Bytes => _loaded.Values.Sum(m => m.Bytes);

    public LoadedModel this[string id] => _loaded[id];

    public bool Contains(string id) => _loaded.ContainsKey(id);

    /// <summary>A model, loaded if it isn't; null when there is no room for it beside what songs use.</summary>
    /// <exception cref="CheckpointException">The folder holds no model that can run here.</exception>
    public LoadedModel? Take(ModelFolder folder, ModelsInUse use)
    {
        var id = folder.Id;
        if (!_loaded.TryGetValue(id, out var model))
        {
            if (!MakeRoom(LoadedModel.BytesFor(folder.Config!, profile), id, use))
                return null;
            Log.Loading(logger, id, profile.Name, profile.Device.Name);
            using (Telemetry.Source.StartActivity("engine.load"))
                _loaded[id] = model = Load(id, folder.Path, use);
            Loaded.Record(1, profile.DeviceTag, new("model", id));
        }

        _recent.Remove(id);
        _recent.Add(id);
        return model;
    }

    /// <summary>Unloads what no song uses, the longest unused first, until there is room; false when there can't be.</summary>
    public bool MakeRoom(long bytes, string keep, ModelsInUse use)
    {
        while (bytes > profile.MemoryLimit - Bytes - use.CacheBytes)
        {
            if (Unused(keep, use) is not { } unused)
                return false;
            Unload(unused);
        }

        return true;
    }

    public void UnloadAll() => _recent.ToList().ForEach(id => Unload(id));

    /// <summary>False when it wasn't loaded.</summary>
    public bool Unload(string id)
    {
        _recent.Remove(id);
        if (!_loaded.TryRemove(id, out var model))
            return false;
        model.Dispose();
        Loaded.Record(0, profile.DeviceTag, new("model", id));
        Log.Unloaded(logger, id, profile.Device.Name);
        return true;
    }

    /// <summary>Tells the meter what is taken, with caches of so many bytes.</summary>
    public void Record(long cacheBytes)
    {
        Memory.Record(Bytes + cacheBytes, profile.DeviceTag);
        MemoryLimit.Record(profile.MemoryLimit, profile.DeviceTag);
    }

    public static string Gigabytes(long bytes) => FormattableString.Invariant($"{bytes / 1e9:0.0} GB");

    /// <summary>libtorch tells it in words only.</summary>
    public static bool IsOutOfMemory(Exception e) => e is OutOfMemoryException
        || (e is ExternalException && (e.Message.Contains("alloc", StringComparison.OrdinalIgnoreCase) || e.Message.Contains("out of memory", StringComparison.OrdinalIgnoreCase)));

    // A GPU's memory isn't ours to count: what others hold shows when it runs out. Then unused models make room.
    private LoadedModel Load(string id, string folder, ModelsInUse use)
    {
        try
        {
            return LoadedModel.Load(folder, profile, _packed);
        }
        catch (Exception e) when (IsOutOfMemory(e) && Unused(id, use) is not null)
        {
            while (Unused(id, use) is { } unused)
                Unload(unused);
            return LoadedModel.Load(folder, profile, _packed);
        }
    }

    private string? Unused(string keep, ModelsInUse use) => _recent.Find(id => id != keep && !use.Models.Contains(id));

    private static partial class Log
    {
        [LoggerMessage(7201, LogLevel.Information, "Loading {Model} as {Profile} on {Device}")]
        public static partial void Loading(ILogger logger, string model, string profile, string device);

        [LoggerMessage(7202, LogLevel.Information, "Unloaded {Model} from {Device}")]
        public static partial void Unloaded(ILogger logger, string model, string device);
    }
}
