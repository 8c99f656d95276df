using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.IO.MemoryMappedFiles;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;

namespace MusicGen.Infrastructure.Identity;

/// <summary>
/// A list of passwords in 30 bits for each, which can be asked but not read: a Bloom filter (B. H. Bloom, "Space/Time
/// Trade-offs in Hash Coding with Allowable Errors", 1970) by double hashing (A. Kirsch, M. Mitzenmacher, "Less Hashing,
/// Same Performance", 2006). What was put in is always found; anything else is found less than once in a million times.
/// </summary>
/// <remarks>
/// The entries are SHA-1 of a password's UTF-8, because that is what the lists of Have I Been Pwned hold. The file is mapped
/// into memory, so that one of a thousand million entries takes no memory that others need.
/// </remarks>
internal sealed class PasswordFilter : IDisposable
{
    private const double MostFalsePositives = 1e-6;
    private const int Chunk = 1 << 20;

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly PasswordFilterShape _shape;

    private PasswordFilter(MemoryMappedFile file, MemoryMappedViewAccessor view, PasswordFilterShape shape) =>
        (_file, _view, _shape) = (file, view, shape);

    /// <summary>How many entries it was built from.</summary>
    public long Items => _shape.Items;

    /// <summary>Maps a file, and reads it through once to be sure of it.</summary>
    /// <exception cref="InvalidDataException">It is no filter, damaged, or refuses more than it should; the message is one sentence.</exception>
    /// <exception cref="IOException">It can't be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static PasswordFilter Open(string path)
    {
        var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        MemoryMappedFile? file = null;
        MemoryMappedViewAccessor? view = null;
        try
        {
            var shape = ReadShape(stream);
            file = MemoryMappedFile.CreateFromFile(stream, mapName: null, capacity: 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
            view = file.CreateViewAccessor(0, shape.FileBytes, MemoryMappedFileAccess.Read);
            Verify(view, shape);
            return new PasswordFilter(file, view, shape);
        }
        catch
        {
            view?.Dispose();
            file?.Dispose();
            stream.Dispose();
            throw;
        }
    }

    /// <summary>The entry that a password is.</summary>
    [SuppressMessage("Security", "CA5350", Justification = "As below.")]
    [SuppressMessage("ApiDesign", "RS0030", Justification = "Published lists are made of SHA-1, and here it only spreads entries; it guards nothing.")]
    public static void Key(ReadOnlySpan<byte> password, Span<byte> sha1) => SHA1.HashData(password, sha1);

    public bool Contains(string password)
    {
        Span<byte> sha1 = stackalloc byte[PasswordFilterShape.KeyBytes];
        Key(Encoding.UTF8.GetBytes(password), sha1);
        for (var number = 0; number < _shape.Hashes; number++)
        {
            var bit = _shape.Bit(sha1, number);
            if ((_view.ReadByte(PasswordFilterShape.BitsAt + (bit >> 3)) & (1 << (int)(bit & 7))) == 0)
                return false;
        }

        return true;
    }

    /// <summary>The checksum over header and bits, and how many of the bits are set.</summary>
    public static (byte[] Checksum, long Set) Sum(UnmanagedMemoryAccessor view, PasswordFilterShape shape)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> header = stackalloc byte[PasswordFilterShape.HeaderBytes];
        shape.Write(header);
        hash.AppendData(header);

        var buffer = new byte[Chunk];
        var set = 0L;
        for (long at = PasswordFilterShape.BitsAt; at < shape.FileBytes; at += Chunk)
        {
            var read = view.ReadArray(at, buffer, 0, (int)Math.Min(Chunk, shape.FileBytes - at));
            hash.AppendData(buffer, 0, read);
            for (var i = 0; i < read; i += sizeof(ulong))
                set += BitOperations.PopCount(BinaryPrimitives.ReadUInt64LittleEndian(buffer.AsSpan(i)));
        }

        return (hash.GetHashAndReset(), set);
    }

    public void Dispose()
    {
        _view.Dispose();
        _file.Dispose();
    }

    private static PasswordFilterShape ReadShape(FileStream stream)
    {
        Span<byte> header = stackalloc byte[PasswordFilterShape.HeaderBytes];
        if (stream.ReadAtLeast(header, header.Length, throwOnEndOfStream: false) < header.Length)
            throw new InvalidDataException("It is too short for a password filter.");
        var shape = PasswordFilterShape.Read(header);
        return stream.Length == shape.FileBytes
            ? shape
            : throw new InvalidDataException($"It has {stream.Length} bytes instead of {shape.FileBytes}: it was cut short or added to.");
    }

    private static void Verify(MemoryMappedViewAccessor view, PasswordFilterShape shape)
    {
        var stated = new byte[PasswordFilterShape.BitsAt - PasswordFilterShape.HeaderBytes];
        view.ReadArray(PasswordFilterShape.HeaderBytes, stated, 0, stated.Length);
        var (checksum, set) = Sum(view, shape);
        if (!checksum.AsSpan().SequenceEqual(stated))
            throw new InvalidDataException("Its checksum doesn't fit its content: it was damaged or changed.");
        if (Math.Pow((double)set / shape.Bits, shape.Hashes) > MostFalsePositives)
            throw new InvalidDataException("It would refuse more than one in a million passwords that aren't on its list.");
    }
}
