using System.Text.Json;
using Google.Protobuf;

namespace MusicGen.Infrastructure.Inference.Text;

/// <summary>
/// SentencePiece's ModelProto as bytes, in the form that the tokenizer library reads, and its table of characters apart:
/// the library wants an id for a beginning token, which T5 doesn't have, and applies the table otherwise.
/// </summary>
/// <param name="Proto">Pieces and scores, without the table.</param>
/// <param name="Characters">The table; empty where there is none.</param>
internal sealed record SentencePieceModel(byte[] Proto, byte[] Characters)
{
    private const int Normal = 1, Unknown = 2, Control = 3;
    private const int PiecesField = 1, TrainerField = 2, NormalizerField = 3;
    private const int CharactersField = 2;
    private const int BeginningIdField = 41, BeginningPieceField = 46;

    /// <summary>
    /// The published file. What is appended is merged into it, as protobuf says: a beginning token that is never used, and
    /// no table.
    /// </summary>
    public static SentencePieceModel FromPieces(byte[] file)
    {
        using var stream = new MemoryStream();
        stream.Write(file);
        WriteMessage(stream, TrainerField, trainer =>
        {
            trainer.WriteTag(BeginningIdField, WireFormat.WireType.Varint);
            trainer.WriteInt32(0);
            trainer.WriteTag(BeginningPieceField, WireFormat.WireType.LengthDelimited);
            trainer.WriteString("<pad>");
        });
        WriteMessage(stream, NormalizerField, normalizer =>
        {
            normalizer.WriteTag(CharactersField, WireFormat.WireType.LengthDelimited);
            normalizer.WriteBytes(ByteString.Empty);
        });
        return new SentencePieceModel(stream.ToArray(), Field(Field(file, NormalizerField), CharactersField));
    }

    /// <summary>The same from tokenizer.json: pieces, scores and the map of characters.</summary>
    public static SentencePieceModel FromTokenizerJson(byte[] json)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        var model = root.GetProperty("model");
        if (model.GetProperty("type").GetString() != "Unigram")
            throw new InvalidDataException("The model isn't unigram.");
        var unknown = model.GetProperty("unk_id").GetInt32();
        var special = root.GetProperty("added_tokens").EnumerateArray().Select(t => t.GetProperty("content").GetString()!).ToHashSet(StringComparer.Ordinal);

        using var stream = new MemoryStream();
        var count = 0;
        foreach (var entry in model.GetProperty("vocab").EnumerateArray())
        {
            var (piece, score, id) = (entry[0].GetString()!, entry[1].GetSingle(), count++);
            WriteMessage(stream, PiecesField, p =>
            {
                p.WriteTag(1, WireFormat.WireType.LengthDelimited);
                p.WriteString(piece);
                p.WriteTag(2, WireFormat.WireType.Fixed32);
                p.WriteFloat(score);
                p.WriteTag(3, WireFormat.WireType.Varint);
                p.WriteInt32(id == unknown ? Unknown : special.Contains(piece) ? Control : Normal);
            });
        }

        WriteTrainer(stream, count, unknown);
        WriteNormalizer(stream);
        return new SentencePieceModel(stream.ToArray(), CharactersOf(root));
    }

    // Either alone, or within a sequence of normalizers.
    private static byte[] CharactersOf(JsonElement root)
    {
        var normalizer = root.GetProperty("normalizer");
        IEnumerable<JsonElement> all = normalizer.TryGetProperty("normalizers", out var several) ? several.EnumerateArray() : [normalizer];
        return all.Single(n => n.GetProperty("type").GetString() == "Precompiled").GetProperty("precompiled_charsmap").GetBytesFromBase64();
    }

    private static void WriteTrainer(MemoryStream stream, int count, int unknown) => WriteMessage(stream, TrainerField, trainer =>
    {
        (int Field, int Value)[] numbers = [(3, 1), (4, count), (40, unknown), (BeginningIdField, 0), (42, 1), (43, 0)];
        foreach (var (field, value) in numbers)
        {
            trainer.WriteTag(field, WireFormat.WireType.Varint);
            trainer.WriteInt32(value);
        }

        (int Field, string Value)[] names = [(45, "<unk>"), (BeginningPieceField, "<pad>"), (47, "</s>"), (48, "<pad>")];
        foreach (var (field, value) in names)
        {
            trainer.WriteTag(field, WireFormat.WireType.LengthDelimited);
            trainer.WriteString(value);
        }
    });

    private static void WriteNormalizer(MemoryStream stream) => WriteMessage(stream, NormalizerField, normalizer =>
    {
        normalizer.WriteTag(1, WireFormat.WireType.LengthDelimited);
        normalizer.WriteString("identity");
        for (var field = 3; field <= 5; field++) // a blank before, single blanks, blanks as a sign of their own
        {
            normalizer.WriteTag(field, WireFormat.WireType.Varint);
            normalizer.WriteBool(true);
        }
    });

    // The last of a field's occurrences, all of which have a length.
    private static byte[] Field(byte[] message, int field)
    {
        var found = Array.Empty<byte>();
        using var input = new CodedInputStream(message);
        for (uint tag; (tag = input.ReadTag()) != 0;)
        {
            if (WireFormat.GetTagFieldNumber(tag) == field && WireFormat.GetTagWireType(tag) == WireFormat.WireType.LengthDelimited)
                found = input.ReadBytes().ToByteArray();
            else
                input.SkipLastField();
        }

        return found;
    }

    private static void WriteMessage(MemoryStream stream, int field, Action<CodedOutputStream> write)
    {
        using var inner = new MemoryStream();
        using (var coded = new CodedOutputStream(inner, leaveOpen: true))
            write(coded);
        using var outer = new CodedOutputStream(stream, leaveOpen: true);
        outer.WriteTag(field, WireFormat.WireType.LengthDelimited);
        outer.WriteBytes(ByteString.CopyFrom(inner.ToArray()));
    }
}
