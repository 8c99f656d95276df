using System.Buffers.Binary;
using System.Text.Json;

namespace MusicGen.Infrastructure.Inference.Checkpoints;

/// <summary>
/// The head of a safetensors file: 8 bytes little-endian length, so many bytes of JSON, then the tensors without gap or
/// overlap to the end of the file. Held to the rules of the format's own library (huggingface/safetensors, Apache-2.0).
/// </summary>
internal static class SafetensorsHeader
{
    private const int LengthBytes = 8;

    // The format's own limit.
    private const int MaxLength = 100_000_000;
    private const int MaxDimensions = 16;

    private static readonly Dictionary<string, ElementType> Types = Enum.GetValues<ElementType>().ToDictionary(t => t.ToString().ToUpperInvariant(), StringComparer.Ordinal);

    /// <summary>Reads and checks the head.</summary>
    /// <param name="file">Name for messages.</param>
    /// <param name="head">The file's first bytes, as many as there are up to the head's end.</param>
    /// <param name="fileLength">In bytes.</param>
    /// <exception cref="CheckpointException">The head breaks a rule, which is named.</exception>
    public static Dictionary<string, TensorEntry> Parse(string file, ReadOnlySpan<byte> head, long fileLength)
    {
        var length = LengthOf(file, head, fileLength);
        var data = LengthBytes + length;
        var entries = new Dictionary<string, TensorEntry>(StringComparer.Ordinal);
        try
        {
            var reader = new Utf8JsonReader(head[LengthBytes..data], new JsonReaderOptions { MaxDepth = 4 });
            Expect(reader.Read() && reader.TokenType == JsonTokenType.StartObject, file, "its head is no JSON object");
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var name = reader.GetString()!;
                reader.Read();
                if (name == "__metadata__")
                    reader.Skip();
                else
                    Expect(entries.TryAdd(name, ReadEntry(file, name, ref reader, data, fileLength)), file, $"it names {name} twice");
            }

            Expect(!reader.Read(), file, "something follows the JSON of its head");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new CheckpointException($"{file} can't be read: its head is no valid JSON.", e);
        }

        RefuseGaps(file, entries.Values, data, fileLength);
        return entries;
    }

    /// <summary>Bytes of the JSON.</summary>
    public static int LengthOf(string file, ReadOnlySpan<byte> start, long fileLength)
    {
        Expect(start.Length >= LengthBytes, file, "it is shorter than its head");
        var length = BinaryPrimitives.ReadUInt64LittleEndian(start);
        Expect(length is >= 2 and <= MaxLength && (long)length <= fileLength - LengthBytes, file, "the length of its head can't be true");
        return (int)length;
    }

    private static TensorEntry ReadEntry(string file, string name, ref Utf8JsonReader reader, long data, long fileLength)
    {
        ElementType? type = null;
        List<long>? shape = null, offsets = null;
        Expect(reader.TokenType == JsonTokenType.StartObject, file, $"{name} is no object");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var property = reader.GetString();
            reader.Read();
            switch (property)
            {
                case "dtype":
                    type = Types.TryGetValue(reader.GetString()!, out var known) ? known : null;
                    Expect(type is not null, file, $"{name} has an element type that isn't read here");
                    break;
                case "shape":
                    shape = ReadNumbers(file, name, ref reader, MaxDimensions);
                    break;
                case "data_offsets":
                    offsets = ReadNumbers(file, name, ref reader, 2);
                    break;
                default:
                    throw Fault(file, $"{name} has a property that the format doesn't know");
            }
        }

        Expect(type is not null && shape is not null && offsets is { Count: 2 }, file, $"{name} lacks its type, shape or place");
        var (begin, end) = (offsets![0], offsets[1]);
        Expect(begin <= end && end <= fileLength - data, file, $"{name} lies outside of the file");
        Expect(SizeOf(shape!, type!.Value) == end - begin, file, $"{name} has another size than its shape and type make");
        return new TensorEntry(name, type.Value, shape!, data + begin, end - begin);
    }

    private static List<long> ReadNumbers(string file, string name, ref Utf8JsonReader reader, int most)
    {
        var numbers = new List<long>();
        Expect(reader.TokenType == JsonTokenType.StartArray, file, $"{name} has a shape or place that is no list");
        while (reader.Read() && reader.TokenType == JsonTokenType.Number)
        {
            Expect(numbers.Count < most && reader.TryGetInt64(out var number) && number >= 0, file, $"{name} has a shape or place that can't be true");
            numbers.Add(reader.GetInt64());
        }

        Expect(reader.TokenType == JsonTokenType.EndArray, file, $"{name} has a shape or place that is no list of numbers");
        return numbers;
    }

    // Null when the product doesn't fit, which then equals no size.
    private static long? SizeOf(List<long> shape, ElementType type)
    {
        try
        {
            return shape.Aggregate((long)BytesOf(type), (product, n) => checked(product * n));
        }
        catch (OverflowException)
        {
            return null;
        }
    }

    private static int BytesOf(ElementType type) => type switch
    {
        ElementType.F64 or ElementType.I64 => 8,
        ElementType.F32 or ElementType.I32 => 4,
        ElementType.F16 or ElementType.BF16 or ElementType.I16 => 2,
        _ => 1,
    };

    private static void RefuseGaps(string file, IEnumerable<TensorEntry> entries, long data, long fileLength)
    {
        var at = data;
        foreach (var entry in entries.OrderBy(e => e.Offset).ThenBy(e => e.Length))
        {
            Expect(entry.Offset == at, file, $"{entry.Name} overlaps another tensor or follows a gap");
            at += entry.Length;
        }

        Expect(at == fileLength, file, "it is longer than its tensors");
    }

    private static void Expect(bool holds, string file, string otherwise)
    {
        if (!holds)
            throw Fault(file, otherwise);
    }

    private static CheckpointException Fault(string file, string fault) => new($"{file} can't be read: {fault}.");
}
