using System.Text.Json;
using System.Text.Unicode;

namespace MusicGen.Infrastructure.Inference.Checkpoints;

/// <summary>One object of a config file. What is missing takes the published library's default; what is there must be possible.</summary>
internal sealed class ConfigSection(string file, string path, JsonElement element)
{
    private const long MaxFileBytes = 1 << 20;

    /// <summary>Reads a JSON file.</summary>
    /// <exception cref="CheckpointException">It isn't there, or is no JSON object.</exception>
    public static ConfigSection Read(string folder, string file)
    {
        var path = Path.Combine(folder, file);
        try
        {
            if (new FileInfo(path).Length > MaxFileBytes)
                throw new CheckpointException($"{file} can't be read: it is bigger than any config.");
            var bytes = File.ReadAllBytes(path);
            if (!Utf8.IsValid(bytes)) // which the parser would find out only when a text is asked for
                throw new CheckpointException($"{file} can't be read: it isn't UTF-8.");
            using var document = JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = 16 });
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? new ConfigSection(file, string.Empty, document.RootElement.Clone())
                : throw new CheckpointException($"{file} can't be read: it is no JSON object.");
        }
        catch (JsonException e)
        {
            throw new CheckpointException($"{file} can't be read: it is no valid JSON.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException($"{file} can't be read: {(e is FileNotFoundException or DirectoryNotFoundException ? "it isn't there" : "the system refuses it")}.", e);
        }
    }

    /// <summary>An object within this one.</summary>
    public ConfigSection Section(string name) => Find(name) is { ValueKind: JsonValueKind.Object } section
        ? new ConfigSection(file, Name(name) + ".", section)
        : throw Fault(name, "must be an object");

    /// <summary>A whole number.</summary>
    /// <exception cref="CheckpointException">It is missing without a default, or out of range.</exception>
    public int Number(string name, int min, int max, int? otherwise = null)
    {
        if (Find(name) is not { } value)
            return otherwise ?? throw Fault(name, "is missing");
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= min && number <= max
            ? number
            : throw Fault(name, $"must be a whole number from {min} to {max}");
    }

    public double Real(string name, double min, double max, double otherwise)
    {
        if (Find(name) is not { } value)
            return otherwise;
        return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && number >= min && number <= max
            ? number
            : throw Fault(name, FormattableString.Invariant($"must be a number from {min} to {max}"));
    }

    public IReadOnlyList<int> Numbers(string name, int min, int max, int most, IReadOnlyList<int> otherwise)
    {
        if (Find(name) is not { } value)
            return otherwise;
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() is 0 || value.GetArrayLength() > most)
            throw Fault(name, $"must be a list of 1 to {most} numbers");
        return [.. value.EnumerateArray().Select(v => v.ValueKind == JsonValueKind.Number && v.TryGetInt32(out var n) && n >= min && n <= max
            ? n
            : throw Fault(name, $"must hold whole numbers from {min} to {max}"))];
    }

    public double LastReal(string name, double min, double max, double otherwise)
    {
        if (Find(name) is not { } value)
            return otherwise;
        return value.ValueKind == JsonValueKind.Array && value.GetArrayLength() > 0 && value[value.GetArrayLength() - 1] is { ValueKind: JsonValueKind.Number } last
            && last.TryGetDouble(out var number) && number >= min && number <= max
            ? number
            : throw Fault(name, FormattableString.Invariant($"must be a list of numbers from {min} to {max}"));
    }

    public string Text(string name, string otherwise) => Find(name) is not { } value
        ? otherwise
        : value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Fault(name, "must be text");

    /// <summary>Refuses a model that computes otherwise than this product does.</summary>
    public void Require(string name, string expected, string otherwise)
    {
        if (Text(name, otherwise) != expected)
            throw Fault(name, $"must be \"{expected}\": nothing else is supported");
    }

    public void Require(string name, bool expected, bool otherwise)
    {
        var value = Find(name);
        if (value is { ValueKind: not (JsonValueKind.True or JsonValueKind.False) } || (value?.GetBoolean() ?? otherwise) != expected)
            throw Fault(name, $"must be {(expected ? "true" : "false")}: nothing else is supported");
    }

    public CheckpointException Fault(string name, string rule) => new($"{file}: {Name(name)} {rule}.");

    private string Name(string name) => path + name;

    // A null says as much as nothing.
    private JsonElement? Find(string name) => element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
}
