using System.Buffers;
using System.Text;
using System.Text.Unicode;
using MusicGen.Domain.Identity;

namespace MusicGen.Infrastructure.Identity;

/// <summary>
/// A text file of passwords, one a line, or of <c>SHA1:COUNT</c> as Have I Been Pwned gives them away. It is streamed, whatever
/// its size, and a line stays the bytes that it is, because old lists mix encodings.
/// </summary>
internal sealed class PasswordList
{
    private const int HashDigits = 2 * PasswordFilterShape.KeyBytes;
    private const int NtlmDigits = 32;

    // No password that can be set is longer; a carriage return may follow.
    private const int LongestLine = (4 * PasswordRules.MaxLength) + 1;

    private static readonly SearchValues<byte> HexDigits = SearchValues.Create("0123456789abcdefABCDEF"u8);

    private readonly string _path;
    private readonly bool _hashes;

    private PasswordList(string path, bool hashes) => (_path, _hashes) = (path, hashes);

    /// <summary>Takes one entry.</summary>
    public delegate void Take(ReadOnlySpan<byte> sha1);

    /// <summary>Looks at a file's first line to see what it holds.</summary>
    /// <exception cref="InvalidDataException">It holds something else than passwords or their SHA-1.</exception>
    public static PasswordList Open(string path)
    {
        using var stream = File.OpenRead(path);
        if (!stream.CanSeek)
            throw new InvalidDataException("It is no file; the list is read twice.");
        var buffer = new byte[4096];
        var start = WithoutMark(buffer.AsSpan(0, stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false)));
        if (start.Contains((byte)0))
            throw new InvalidDataException("It is no text in UTF-8.");
        var line = start.IndexOf((byte)'\n') is var end and >= 0 ? start[..end] : start;
        line = line.TrimEnd((byte)'\r');
        if (IsHash(line, NtlmDigits))
            throw new InvalidDataException("It holds NTLM hashes; take the list of SHA-1.");
        return new PasswordList(path, IsHash(line, HashDigits));
    }

    /// <summary>Gives every entry: each line, and its lower case where that is another.</summary>
    /// <param name="take">Gets the SHA-1 of one entry.</param>
    /// <param name="progress">Gets how many bytes are read, and of how many.</param>
    /// <param name="ct">Stops between two pieces of the file.</param>
    /// <exception cref="InvalidDataException">A line isn't what the first one is.</exception>
    public void Read(Take take, Action<long, long> progress, CancellationToken ct)
    {
        using var stream = File.OpenRead(_path);
        var buffer = new byte[1 << 18];
        var (kept, skipping, number) = (0, false, 0L);
        while (stream.Read(buffer, kept, buffer.Length - kept) is var read and > 0)
        {
            ct.ThrowIfCancellationRequested();
            ReadOnlySpan<byte> rest = buffer.AsSpan(0, kept + read);
            if (stream.Position == read)
                rest = WithoutMark(rest);
            for (; rest.IndexOf((byte)'\n') is var end and >= 0; rest = rest[(end + 1)..])
            {
                Line(skipping ? default : rest[..end], ++number, take);
                skipping = false;
            }

            // The rest of a line that is too long for any password is passed over, not gathered.
            skipping |= rest.Length > LongestLine;
            kept = skipping ? 0 : rest.Length;
            rest[..kept].CopyTo(buffer);
            progress(stream.Position, stream.Length);
        }

        Line(buffer.AsSpan(0, kept), ++number, take);
    }

    private static ReadOnlySpan<byte> WithoutMark(ReadOnlySpan<byte> text) => text.StartsWith(Encoding.UTF8.Preamble) ? text[Encoding.UTF8.Preamble.Length..] : text;

    private static bool IsHash(ReadOnlySpan<byte> line, int digits) =>
        line.Length > digits + 1 && line[digits] == (byte)':' && !line[..digits].ContainsAnyExcept(HexDigits)
        && !line[(digits + 1)..].ContainsAnyExceptInRange((byte)'0', (byte)'9');

    private void Line(ReadOnlySpan<byte> line, long number, Take take)
    {
        line = line.TrimEnd((byte)'\r');
        if (line.IsEmpty || line.Length > LongestLine)
            return;

        Span<byte> sha1 = stackalloc byte[PasswordFilterShape.KeyBytes];
        if (_hashes)
        {
            if (!IsHash(line, HashDigits))
                throw new InvalidDataException($"Line {number} is not SHA1:COUNT, as the first one is.");
            Convert.FromHexString(line[..HashDigits], sha1, out _, out _);
            take(sha1);
            return;
        }

        PasswordFilter.Key(line, sha1);
        take(sha1);
        if (LowerCase(line) is { } lower)
        {
            PasswordFilter.Key(lower, sha1);
            take(sha1);
        }
    }

    private static byte[]? LowerCase(ReadOnlySpan<byte> line)
    {
        if ((Ascii.IsValid(line) && !line.ContainsAnyInRange((byte)'A', (byte)'Z')) || !Utf8.IsValid(line))
            return null;
        var lower = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(line).ToLowerInvariant());
        return line.SequenceEqual(lower) ? null : lower;
    }
}
