using System.Buffers.Binary;
using System.Text;
using MusicGen.Infrastructure.Inference;

namespace MusicGen.Integration.Inference;

/// <summary>Spoils files, the same way for the same seed.</summary>
internal sealed class Spoiler(uint seed)
{
    private static readonly string[] Numbers = ["0", "-1", "1", "2147483647", "9223372036854775807", "1e9", "1.5", "null", "[]", "\"x\"", "99999999999999999999", "true", "{}"];

    private uint _count;

    /// <summary>A spoilt copy.</summary>
    /// <param name="file">Whole.</param>
    /// <param name="isWeights">Whether only the head, which is 8 bytes and JSON, is worth spoiling.</param>
    public byte[] Spoil(byte[] file, bool isWeights)
    {
        var head = isWeights ? 8 + (int)BinaryPrimitives.ReadUInt64LittleEndian(file) : file.Length;
        return Next(6) switch
        {
            0 => file[..Next(file.Length)],
            1 => [.. file, .. new byte[1 + Next(100)]],
            2 => Flip(file, isWeights ? 8 : 0, head),
            3 => Flip(file, 0, isWeights ? 8 : head),
            _ => Renumber(file, isWeights ? 8 : 0, head),
        };
    }

    private byte[] Flip(byte[] file, int from, int to)
    {
        var copy = file.ToArray();
        for (var i = 0; i < 1 + Next(4); i++)
            copy[from + Next(to - from)] ^= (byte)(1 << Next(8));
        return copy;
    }

    // One number of the JSON becomes another, and the length before it is made true again.
    private byte[] Renumber(byte[] file, int from, int to)
    {
        var json = Encoding.UTF8.GetString(file, from, to - from);
        var starts = Enumerable.Range(1, json.Length - 1).Where(i => char.IsAsciiDigit(json[i]) && json[i - 1] is ':' or ' ' or '[' or ',' && char.IsAsciiDigit(json[i])).ToList();
        if (starts.Count == 0)
            return file[..^1];
        var start = starts[Next(starts.Count)];
        var end = start;
        while (end < json.Length && (char.IsAsciiDigit(json[end]) || json[end] == '.'))
            end++;
        var changed = Encoding.UTF8.GetBytes(json[..start] + Numbers[Next(Numbers.Length)] + json[end..]);
        if (from == 0)
            return changed;
        var length = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)changed.Length);
        return [.. length, .. changed, .. file[to..]];
    }

    private int Next(int below) => (int)(Philox.Block(_count++, 0, 0, 0, seed, 0).A % (uint)below);
}
