using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace MusicGen.Infrastructure.Inference.Checkpoints;

/// <summary>A model's folder on this machine.</summary>
/// <param name="Id">What requests name it by: its place below a folder of MODEL_PATH.</param>
/// <param name="Path">Of the folder.</param>
/// <param name="Licence">Of its weights.</param>
/// <param name="Config">Null where there is a fault.</param>
/// <param name="Parameters">Values of all tensors; 0 where there is a fault.</param>
/// <param name="Fault">Why it can't be run; null when it can.</param>
internal sealed record ModelFolder(string Id, string Path, ModelLicence Licence, MusicGenConfig? Config, long Parameters, string? Fault);

/// <summary>
/// The checkpoints of this machine, each held against its config before it is offered. The folders are looked through
/// again every few seconds, so that a model that was pulled is there without a restart.
/// </summary>
internal sealed partial class ModelCatalogue(InferenceOptions options, TimeProvider time, ILogger logger)
{
    private const int Depth = 3;
    private static readonly TimeSpan KeptFor = TimeSpan.FromSeconds(5);

    private readonly Lock _looking = new();
    private readonly ConcurrentDictionary<string, (long Stamp, ModelFolder Folder)> _known = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, byte> _unreadable = new(StringComparer.Ordinal);
    private IReadOnlyList<ModelFolder> _folders = [];
    private long? _lookedAt;

    /// <summary>All folders with weights, the smallest model first.</summary>
    public IReadOnlyList<ModelFolder> Folders
    {
        get
        {
            lock (_looking)
            {
                if (_lookedAt is not { } at || time.GetElapsedTime(at) > KeptFor)
                {
                    _folders = [.. Look().OrderBy(f => f.Parameters).ThenBy(f => f.Id, StringComparer.Ordinal)];
                    _lookedAt = time.GetTimestamp();
                }

                return _folders;
            }
        }
    }

    private Dictionary<string, ModelFolder>.ValueCollection Look()
    {
        var found = new Dictionary<string, ModelFolder>(StringComparer.Ordinal);
        if (options.Folder is { } one)
            found[one] = Check(one, one) with { Licence = ModelLicence.Of(one) with { IsAccepted = true } };
        foreach (var root in (options.ModelPath ?? string.Empty).Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            foreach (var folder in Below(root, Depth))
            {
                var id = folder == root ? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(root))) : Path.GetRelativePath(root, folder).Replace('\\', '/');
                found.TryAdd(id, Check(id, folder)); // of two with one name, the folder that is named first
            }
        }

        return found.Values;
    }

    private static IEnumerable<string> Below(string folder, int depth)
    {
        if (!Directory.Exists(folder))
            return [];
        try
        {
            if (File.Exists(Path.Combine(folder, MusicGenConfig.FileName)) && Directory.EnumerateFiles(folder, "*.safetensors*").Any())
                return [folder];
            return depth == 0 ? [] : [.. Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal).SelectMany(f => Below(f, depth - 1))];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return []; // not ours to read, or gone in this moment
        }
    }

    // What hasn't changed needn't be checked again.
    private ModelFolder Check(string id, string path)
    {
        try
        {
            return CheckNow(id, path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is being pulled or removed, or its mount is away in this moment; the next look may find it whole.
            _known.TryRemove(path, out _);
            if (_unreadable.TryAdd(path, 0))
                Log.Unusable(logger, id, e.Message);
            return new ModelFolder(id, path, ModelLicence.Of(path), null, 0, "Its files can't be read now.");
        }
    }

    private ModelFolder CheckNow(string id, string path)
    {
        var stamp = StampOf(path);
        _unreadable.TryRemove(path, out _);
        if (_known.TryGetValue(path, out var known) && known.Stamp == stamp)
            return known.Folder;
        ModelFolder folder;
        try
        {
            ModelManifest.RefuseOtherSizes(path);
            using var checkpoint = Checkpoint.Open(path);
            _ = Text.T5Tokenizer.Open(path).For(checkpoint.Config.Text);
            folder = new ModelFolder(id, path, ModelLicence.Of(path), checkpoint.Config, checkpoint.Parameters, null);
        }
        catch (CheckpointException e)
        {
            folder = new ModelFolder(id, path, ModelLicence.Of(path), null, 0, e.Message);
            Log.Unusable(logger, id, e.Message);
        }

        _known[path] = (stamp, folder);
        return folder;
    }

    private static long StampOf(string path)
    {
        var stamp = new HashCode();
        foreach (var file in new DirectoryInfo(path).EnumerateFiles().OrderBy(f => f.Name, StringComparer.Ordinal))
        {
            stamp.Add(file.Name, StringComparer.Ordinal);
            stamp.Add(file.Length);
            stamp.Add(file.LastWriteTimeUtc);
        }

        return stamp.ToHashCode();
    }

    private static partial class Log
    {
        [LoggerMessage(7204, LogLevel.Warning, "The model {Model} isn't offered: {Reason}")]
        public static partial void Unusable(ILogger logger, string model, string reason);
    }
}
