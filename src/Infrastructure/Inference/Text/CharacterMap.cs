using System.Buffers.Binary;
using System.Text;

namespace MusicGen.Infrastructure.Inference.Text;

/// <summary>
/// SentencePiece's table of characters that are replaced before anything else (nmt_nfkc: NFKC and some more): a
/// double-array trie of byte strings, then the replacements. At every place the longest key wins.
/// </summary>
/// <remarks>Written out here because the tokenizer library leaves control characters in that SentencePiece takes out.</remarks>
internal sealed class CharacterMap
{
    private readonly uint[] _units;
    private readonly byte[] _replacements;

    /// <param name="blob">A length in bytes, so many bytes of trie, then replacements that each end with a zero; empty for no table.</param>
    /// <exception cref="InvalidDataException">The blob isn't such a table.</exception>
    public CharacterMap(byte[] blob)
    {
        if (blob.Length == 0)
        {
            (_units, _replacements) = ([], []);
            return;
        }

        var length = blob.Length < 4 ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(blob);
        if (length < 4 || length % 4 != 0 || length > blob.Length - 4)
            throw new InvalidDataException("The table of characters is cut short.");
        _units = new uint[length / 4];
        for (var i = 0; i < _units.Length; i++)
            _units[i] = BinaryPrimitives.ReadUInt32LittleEndian(blob.AsSpan(4 + (4 * i)));
        _replacements = blob[(4 + (int)length)..];
    }

    /// <summary>The text with every key replaced.</summary>
    public string Apply(string text)
    {
        if (_units.Length == 0)
            return text;
        var bytes = Encoding.UTF8.GetBytes(text);
        using var result = new MemoryStream(bytes.Length);
        for (var at = 0; at < bytes.Length;)
        {
            var (length, replacement) = Find(bytes.AsSpan(at));
            if (length > 0)
            {
                result.Write(replacement.Span);
                at += length;
                continue;
            }

            _ = Rune.DecodeFromUtf8(bytes.AsSpan(at), out _, out var width);
            result.Write(bytes, at, width);
            at += width;
        }

        return Encoding.UTF8.GetString(result.GetBuffer(), 0, (int)result.Length);
    }

    // The longest key that the text starts with, in bytes, and what it becomes; 0 for none.
    private (int Length, ReadOnlyMemory<byte> Replacement) Find(ReadOnlySpan<byte> text)
    {
        var (best, replacement) = (0, ReadOnlyMemory<byte>.Empty);
        var node = Offset(_units[0]);
        for (var i = 0; i < text.Length; i++)
        {
            node ^= text[i];
            if (node >= _units.Length || (_units[node] & 0x800000FF) != text[i])
                break;
            var unit = _units[node];
            node ^= Offset(unit);
            if ((unit & 0x100) != 0 && node < _units.Length)
                (best, replacement) = (i + 1, ReplacementAt((int)(_units[node] & 0x7FFFFFFF)));
        }

        return (best, replacement);
    }

    private ReadOnlyMemory<byte> ReplacementAt(int start)
    {
        if (start >= _replacements.Length)
            return default;
        var end = Array.IndexOf(_replacements, (byte)0, start);
        return _replacements.AsMemory(start, (end < 0 ? _replacements.Length : end) - start);
    }

    private static uint Offset(uint unit) => (unit >> 10) << (int)((unit & 0x200) >> 6);
}
