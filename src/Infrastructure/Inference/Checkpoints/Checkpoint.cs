using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using TorchSharp;

namespace MusicGen.Infrastructure.Inference.Checkpoints;

/// <summary>
/// A model's folder in the Hugging Face layout, opened and held against its config: every tensor is there, in its shape,
/// and none is left over. Nothing is loaded yet.
/// </summary>
internal sealed class Checkpoint : IWeights, IDisposable
{
    public const string SingleFile = "model.safetensors";
    public const string IndexFile = "model.safetensors.index.json";

    private const long MaxIndexBytes = 64 << 20;

    private readonly Dictionary<string, (SafetensorsFile File, TensorEntry Entry)> _tensors = new(StringComparer.Ordinal);
    private readonly List<SafetensorsFile> _files = [];

    private Checkpoint(MusicGenConfig config) => Config = config;

    public MusicGenConfig Config { get; }

    /// <summary>Values of all tensors that are loaded.</summary>
    public long Parameters { get; private set; }

    /// <summary>Opens and checks a folder.</summary>
    /// <exception cref="CheckpointException">Something is missing, left over or not what it should be; it is named.</exception>
    public static Checkpoint Open(string folder)
    {
        var checkpoint = new Checkpoint(MusicGenConfig.Read(folder));
        try
        {
            if (File.Exists(Path.Combine(folder, SingleFile)) || !File.Exists(Path.Combine(folder, IndexFile)))
                checkpoint.AddAll(folder, SingleFile);
            else
                checkpoint.AddShards(folder);
            checkpoint.UnifyNames();
            checkpoint.Check();
            return checkpoint;
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    public torch.Tensor Load(string name)
    {
        var (file, entry) = _tensors[name];
        return Read(name, file, entry, [.. entry.Shape], [(0, entry.Length)]);
    }

    public torch.Tensor LoadRows(string name, IReadOnlyList<int> rows)
    {
        var (file, entry) = _tensors[name];
        var bytes = entry.Length / entry.Shape[0];
        return Read(name, file, entry, [rows.Count, entry.Shape[1]], rows.Select(row => (row * bytes, bytes)));
    }

    /// <summary>
    /// Tells these weights from others without reading them all: names, shapes and types of the tensors, length and time of
    /// the files, and a little of every tensor.
    /// </summary>
    public string Fingerprint()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (name, (file, entry)) in _tensors.OrderBy(t => t.Key, StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{name} {entry.Type} {string.Join(',', entry.Shape)} {entry.Offset} {file.Length} {file.ChangedAt.Ticks}\n"));
            hash.AppendData(file.Sample(entry));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    public void Dispose() => _files.ForEach(f => f.Dispose());

    private static torch.Tensor Read(string name, SafetensorsFile file, TensorEntry entry, long[] shape, IEnumerable<(long Offset, long Length)> pieces)
    {
        using var scope = torch.NewDisposeScope();
        var tensor = torch.empty(shape, ScalarTypeOf(entry.Type));
        try
        {
            var bytes = tensor.bytes;
            var at = 0;
            foreach (var (offset, length) in pieces)
            {
                file.CopyTo(entry, offset, bytes.Slice(at, checked((int)length)));
                at += (int)length;
            }
        }
        catch (IOException e)
        {
            throw new CheckpointException($"{name} can't be read: {e.Message}", e);
        }

        return scope.MoveToOuter(tensor.to_type(torch.ScalarType.Float32));
    }

    private void AddAll(string folder, string file)
    {
        var opened = Open(folder, file);
        foreach (var entry in opened.Tensors.Values)
            _tensors[entry.Name] = (opened, entry);
    }

    // The index says which file holds which tensor; any file may hold any.
    private void AddShards(string folder)
    {
        var map = ReadIndex(Path.Combine(folder, IndexFile));
        foreach (var shard in map.GroupBy(m => m.Value))
        {
            var opened = Open(folder, shard.Key);
            foreach (var (name, _) in shard)
            {
                _tensors[name] = opened.Tensors.TryGetValue(name, out var entry)
                    ? (opened, entry)
                    : throw new CheckpointException($"{shard.Key} lacks {name}, which {IndexFile} says it holds.");
            }

            if (opened.Tensors.Keys.FirstOrDefault(name => !map.ContainsKey(name)) is { } extra)
                throw new CheckpointException($"{shard.Key} holds {extra}, which {IndexFile} doesn't know.");
        }
    }

    private SafetensorsFile Open(string folder, string file)
    {
        var opened = SafetensorsFile.Open(Path.Combine(folder, file));
        _files.Add(opened);
        return opened;
    }

    private static Dictionary<string, string> ReadIndex(string path)
    {
        try
        {
            if (new FileInfo(path).Length > MaxIndexBytes)
                throw new CheckpointException($"{IndexFile} can't be read: it is bigger than any index.");
            using var document = JsonDocument.Parse(File.ReadAllBytes(path), new JsonDocumentOptions { MaxDepth = 8 });
            var map = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var entry in document.RootElement.GetProperty("weight_map").EnumerateObject())
            {
                var file = entry.Value.GetString() ?? string.Empty;
                if (file != Path.GetFileName(file) || file.Contains('\\', StringComparison.Ordinal) || !file.EndsWith(".safetensors", StringComparison.Ordinal))
                    throw new CheckpointException($"{IndexFile} names a file that is none of the model's folder.");
                if (!map.TryAdd(entry.Name, file))
                    throw new CheckpointException($"{IndexFile} names {entry.Name} twice.");
            }

            return map.Count > 0 ? map : throw new CheckpointException($"{IndexFile} names no tensor.");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new CheckpointException($"{IndexFile} can't be read: it isn't a map of tensors to files.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException($"{IndexFile} can't be read: the system refuses it.", e);
        }
    }

    /// <summary>Tensors have other names in newer and older files; the first one is used from here on.</summary>
    private void UnifyNames()
    {
        (string New, string Old)[] spellings =
        [
            (".conv.parametrizations.weight.original0", $".conv.{Encodec.ConvolutionLayer.Gain}"),
            (".conv.parametrizations.weight.original1", $".conv.{Encodec.ConvolutionLayer.Direction}"),
        ];
        foreach (var name in _tensors.Keys.ToList())
        {
            if (name == "text_encoder.encoder.embed_tokens.weight")
                Rename(name, "text_encoder.shared.weight");
            foreach (var (after, before) in spellings)
            {
                if (name.EndsWith(after, StringComparison.Ordinal))
                    Rename(name, name[..^after.Length] + before);
            }
        }
    }

    private void Rename(string from, string to)
    {
        _tensors.Remove(from, out var tensor);
        _tensors.TryAdd(to, tensor); // a file may hold the one embedding under both of its names
    }

    private void Check()
    {
        var shapes = TensorShapes.Of(Config);
        foreach (var (name, shape) in shapes)
        {
            if (!_tensors.TryGetValue(name, out var tensor))
                throw new CheckpointException($"The weights lack {name}.");
            if (!tensor.Entry.Shape.SequenceEqual(shape))
                throw new CheckpointException($"{name} has the shape [{string.Join(", ", tensor.Entry.Shape)}] instead of [{string.Join(", ", shape)}].");
            if (tensor.Entry.Type is not (ElementType.F32 or ElementType.F16 or ElementType.BF16 or ElementType.F64))
                throw new CheckpointException($"{name} doesn't hold floating-point numbers.");
            if (tensor.Entry.Length > int.MaxValue)
                throw new CheckpointException($"{name} is bigger than 2 GiB.");
            Parameters += shape.Aggregate(1L, (product, n) => product * n);
        }

        if (_tensors.Keys.FirstOrDefault(name => !shapes.ContainsKey(name) && !IsOfNoUse(name)) is { } unused)
            throw new CheckpointException($"The weights hold {unused}, which no part of the model uses.");
    }

    // What training left behind, and a table that is always computed.
    private static bool IsOfNoUse(string name) =>
        name == "decoder.model.decoder.embed_positions.weights"
        || (name.StartsWith("audio_encoder.quantizer.layers.", StringComparison.Ordinal)
            && (name.EndsWith(".codebook.embed_avg", StringComparison.Ordinal) || name.EndsWith(".codebook.cluster_size", StringComparison.Ordinal)
                || name.EndsWith(".codebook.inited", StringComparison.Ordinal)));

    private static torch.ScalarType ScalarTypeOf(ElementType type) => type switch
    {
        ElementType.F32 => torch.ScalarType.Float32,
        ElementType.F16 => torch.ScalarType.Float16,
        ElementType.BF16 => torch.ScalarType.BFloat16,
        _ => torch.ScalarType.Float64,
    };
}
