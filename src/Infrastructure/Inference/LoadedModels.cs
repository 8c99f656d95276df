using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using MusicGen.Application.Generations;
using MusicGen.Application.Pipeline;
using MusicGen.Infrastructure.Inference.Checkpoints;

namespace MusicGen.Infrastructure.Inference;

/// <summary>What songs under way hold.</summary>
/// <param name="Models">Ids of their models, which can't be unloaded.</param>
/// <param name="CacheBytes">Of their caches.</param>
internal sealed record ModelsInUse(IReadOnlySet<string> Models, long CacheBytes);

/// <summary>
/// The models in memory: loaded when a song needs them, unloaded when another needs the room, the longest unused first.
/// Belongs to the inference thread; others may only ask what is loaded.
/// </summary>
internal sealed partial class LoadedModels(EngineProfile profile, long limit, ILogger logger)
{
    private static readonly Gauge<long> Memory =
        Telemetry.Meter.CreateGauge<long>("musicgen.engine.memory", "By", "Weights and caches, as they are counted against the limit.");

    private readonly PackedWeightsCache _packed = new(profile.CacheFolder, logger);
    private readonly ConcurrentDictionary<string, LoadedModel> _loaded = new(StringComparer.Ordinal);
    private readonly List<string> _recent = []; // ids, the longest unused first

    /// <summary>Bytes that weights and caches may take together.</summary>
    public long Limit => limit;

    public bool IsEmpty => _loaded.IsEmpty;

    public LoadedModel this[string id] => _loaded[id];

    public bool Contains(string id) => _loaded.ContainsKey(id);

    /// <summary>A model for a song; null when there is no room for it until another song ends.</summary>
    /// <exception cref="MusicGenerationException">There would be no room even without other songs.</exception>
    /// <exception cref="CheckpointException">The folder holds no model that can run here.</exception>
    public LoadedModel? Take(string id, string folder, ModelsInUse use)
    {
        if (!_loaded.TryGetValue(id, out var model))
        {
            var bytes = LoadedModel.BytesFor(MusicGenConfig.Read(folder), profile);
            if (!MakeRoom(bytes, id, use))
            {
                return use.Models.Count > 0
                    ? null
                    : throw new MusicGenerationException($"This model needs {Gigabytes(bytes)} of memory, and {Gigabytes(limit)} may be used. Choose a smaller one, or set INFERENCE_MEMORY_MB.");
            }

            Log.Loading(logger, id, profile.Name);
            _loaded[id] = model = Load(id, folder, use);
        }

        _recent.Remove(id);
        _recent.Add(id);
        return model;
    }

    /// <summary>Unloads what no song uses, the longest unused first, until there is room; false when there can't be.</summary>
    public bool MakeRoom(long bytes, string keep, ModelsInUse use)
    {
        while (_loaded.Values.Sum(m => m.Bytes) + use.CacheBytes + bytes > limit)
        {
            if (Unused(keep, use) is not { } unused)
                return false;
            Unload(unused);
        }

        return true;
    }

    public void UnloadAll() => _recent.ToList().ForEach(Unload);

    /// <summary>Tells the meter what is taken, with caches of so many bytes.</summary>
    public void Record(long cacheBytes) => Memory.Record(_loaded.Values.Sum(m => m.Bytes) + cacheBytes);

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

    private void Unload(string id)
    {
        _recent.Remove(id);
        if (!_loaded.TryRemove(id, out var model))
            return;
        model.Dispose();
        Record(0);
        Log.Unloaded(logger, id);
    }

    private static partial class Log
    {
        [LoggerMessage(7201, LogLevel.Information, "Loading {Model} as {Profile}")]
        public static partial void Loading(ILogger logger, string model, string profile);

        [LoggerMessage(7202, LogLevel.Information, "Unloaded {Model}")]
        public static partial void Unloaded(ILogger logger, string model);
    }
}
