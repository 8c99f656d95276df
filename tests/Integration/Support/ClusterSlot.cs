using System.Text;

namespace MusicGen.Integration.Support;

/// <summary>redis.io, "Redis cluster specification": CRC16 (XMODEM) of what stands between the first braces, or of all.</summary>
internal static class ClusterSlot
{
    public const int Count = 16384;

    public static int Of(string key)
    {
        var open = key.IndexOf('{', StringComparison.Ordinal);
        var close = open < 0 ? -1 : key.IndexOf('}', open);
        var tag = close > open + 1 ? key[(open + 1)..close] : key;
        var crc = 0;
        foreach (var octet in Encoding.UTF8.GetBytes(tag))
        {
            crc ^= octet << 8;
            for (var bit = 0; bit < 8; bit++)
                crc = ((crc & 0x8000) != 0 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xFFFF;
        }

        return crc % Count;
    }
}
