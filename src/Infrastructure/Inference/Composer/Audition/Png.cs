using System.Buffers.Binary;
using System.IO.Compression;

namespace MusicGen.Infrastructure.Inference.Composer.Audition;

/// <summary>Writes a picture as PNG (ISO/IEC 15948): eight bits a colour, no filter.</summary>
internal static class Png
{
    private static readonly uint[] Table = [.. Enumerable.Range(0, 256).Select(n => Enumerable.Range(0, 8).Aggregate((uint)n, (c, _) => (c & 1) == 1 ? 0xEDB88320 ^ (c >> 1) : c >> 1))];

    /// <param name="width">In pixels.</param>
    /// <param name="height">In pixels.</param>
    /// <param name="colour">Red, green and blue at a column and a row from the top.</param>
    public static byte[] Write(int width, int height, Func<int, int, (byte R, byte G, byte B)> colour)
    {
        using var rows = new MemoryStream();
        using (var packed = new ZLibStream(rows, CompressionLevel.Optimal, leaveOpen: true))
        {
            var row = new byte[1 + (3 * width)];
            for (var y = 0; y < height; y++)
            {
                for (var x = 0; x < width; x++)
                    (row[(3 * x) + 1], row[(3 * x) + 2], row[(3 * x) + 3]) = colour(x, y);
                packed.Write(row);
            }
        }

        using var file = new MemoryStream();
        file.Write([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]);
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9]) = (8, 2);
        Chunk(file, "IHDR"u8, header);
        Chunk(file, "IDAT"u8, rows.ToArray());
        Chunk(file, "IEND"u8, []);
        return file.ToArray();
    }

    private static void Chunk(Stream file, ReadOnlySpan<byte> name, byte[] content)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, content.Length);
        file.Write(number);
        file.Write(name);
        file.Write(content);
        var crc = 0xFFFFFFFF;
        foreach (var b in (byte[])[.. name, .. content])
            crc = Table[(crc ^ b) & 0xFF] ^ (crc >> 8);
        BinaryPrimitives.WriteUInt32BigEndian(number, ~crc);
        file.Write(number);
    }
}
