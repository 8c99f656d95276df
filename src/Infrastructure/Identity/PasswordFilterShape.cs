using System.Buffers.Binary;

namespace MusicGen.Infrastructure.Identity;

/// <summary>How large a <see cref="PasswordFilter"/> is, the header that says so, and which bits belong to a password.</summary>
/// <param name="Items">How many entries it was built from.</param>
/// <param name="Bits">How many bits it has.</param>
/// <param name="Hashes">How many of them stand for one entry.</param>
internal readonly record struct PasswordFilterShape(long Items, long Bits, int Hashes)
{
    /// <summary>The header, a checksum over it and the bits, then the bits.</summary>
    public const int HeaderBytes = 32;

    public const int BitsAt = HeaderBytes + 32;

    /// <summary>The length of a SHA-1.</summary>
    public const int KeyBytes = 20;

    private const uint Version = 1;

    // 20 hashes and 29 bits an entry would do for one in a million; the 30th is the margin for chance.
    private const int BitsPerItem = 30;
    private const int HashesOfNew = 20;

    // In a much smaller filter, entries would share all their bits by chance too often.
    private const long LeastBits = 1 << 20;
    private const long MostBits = 1L << 43;

    private static ReadOnlySpan<byte> Magic => "MGBLOOM\n"u8;

    public long FileBytes => BitsAt + (Bits / 8);

    /// <summary>The shape for so many entries, with fewer than one false refusal in a million.</summary>
    public static PasswordFilterShape For(long items) => new(items, Math.Max(LeastBits, ((items * BitsPerItem) + 63) / 64 * 64), HashesOfNew);

    /// <exception cref="InvalidDataException">It is no header of this version.</exception>
    public static PasswordFilterShape Read(ReadOnlySpan<byte> header)
    {
        if (!header[..Magic.Length].SequenceEqual(Magic))
            throw new InvalidDataException("It is not a password filter of this program.");
        if (BinaryPrimitives.ReadUInt32LittleEndian(header[8..]) is var version && version != Version)
            throw new InvalidDataException($"It is of version {version}, and this program reads version {Version}.");

        var shape = new PasswordFilterShape(
            BinaryPrimitives.ReadInt64LittleEndian(header[16..]), BinaryPrimitives.ReadInt64LittleEndian(header[24..]), BinaryPrimitives.ReadInt32LittleEndian(header[12..]));
        return shape.Items > 0 && shape.Hashes is >= 1 and <= 64 && shape.Bits is >= LeastBits and <= MostBits && shape.Bits % 64 == 0
            ? shape
            : throw new InvalidDataException("Its header holds numbers that no filter has.");
    }

    public void Write(Span<byte> header)
    {
        Magic.CopyTo(header);
        BinaryPrimitives.WriteUInt32LittleEndian(header[8..], Version);
        BinaryPrimitives.WriteInt32LittleEndian(header[12..], Hashes);
        BinaryPrimitives.WriteInt64LittleEndian(header[16..], Items);
        BinaryPrimitives.WriteInt64LittleEndian(header[24..], Bits);
    }

    /// <summary>Where the bits of one entry lie: double hashing, with a SHA-1 in the place of both hashes.</summary>
    /// <param name="sha1">The entry.</param>
    /// <param name="number">Which of its bits, from 0.</param>
    public long Bit(ReadOnlySpan<byte> sha1, int number)
    {
        var start = BinaryPrimitives.ReadUInt64BigEndian(sha1);
        var step = BinaryPrimitives.ReadUInt64BigEndian(sha1[8..]) | 1;
        return (long)Math.BigMul(start + ((ulong)number * step), (ulong)Bits, out _);
    }
}
