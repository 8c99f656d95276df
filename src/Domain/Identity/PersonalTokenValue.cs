using System.Buffers;
using System.Buffers.Text;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;

namespace MusicGen.Domain.Identity;

/// <summary>
/// The value of a personal access token: <c>mgp_</c>, then in base 62 its user's id (22 characters), 160 random bits (27) and
/// the CRC-32 of all that (6). So scanners find one that was published, and a mistyped one is refused without a look-up.
/// Shown once; only <see cref="Hash"/> is kept.
/// </summary>
public sealed class PersonalTokenValue
{
    public const string Prefix = "mgp_";
    public const int Length = 59;

    private const string Digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private static readonly SearchValues<char> Known = SearchValues.Create(Digits);

    private const int UserDigits = 22;
    private const int SecretDigits = 27;
    private const int ChecksumDigits = 6;
    private const int SecretBytes = 20;

    private PersonalTokenValue(string text, UserId user)
    {
        Text = text;
        User = user;
    }

    public string Text { get; }

    public UserId User { get; }

    /// <summary>SHA-256 of the text, in base64url; 160 random bits need nothing slower.</summary>
    public string Hash => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(Text)));

    public static PersonalTokenValue New(UserId user)
    {
        var id = new BigInteger(user.Value.ToByteArray(bigEndian: true), isUnsigned: true, isBigEndian: true);
        var secret = new BigInteger(RandomNumberGenerator.GetBytes(SecretBytes), isUnsigned: true);
        var body = $"{Prefix}{Encode(id, UserDigits)}{Encode(secret, SecretDigits)}";
        return new PersonalTokenValue(body + Checksum(body), user);
    }

    /// <summary>Null for anything that <see cref="New"/> can't have made. Says nothing about whether such a token lives.</summary>
    public static PersonalTokenValue? Read(string? text)
    {
        if (text is not { Length: Length } || !text.StartsWith(Prefix, StringComparison.Ordinal))
            return null;
        var body = text[..^ChecksumDigits];
        if (!text.AsSpan(Prefix.Length).ContainsAnyExcept(Known) && text.EndsWith(Checksum(body), StringComparison.Ordinal)
            && Decode(body.AsSpan(Prefix.Length, UserDigits)) is var id && id.GetByteCount(isUnsigned: true) <= 16)
        {
            Span<byte> bytes = stackalloc byte[16];
            bytes.Clear();
            id.TryWriteBytes(bytes[(16 - id.GetByteCount(isUnsigned: true))..], out _, isUnsigned: true, isBigEndian: true);
            return new PersonalTokenValue(text, new UserId(new Guid(bytes, bigEndian: true)));
        }

        return null;
    }

    public override string ToString() => nameof(PersonalTokenValue); // keeps the value out of every log

    private static string Encode(BigInteger number, int length)
    {
        var text = new char[length];
        for (var i = length - 1; i >= 0; i--)
        {
            (number, var digit) = BigInteger.DivRem(number, Digits.Length);
            text[i] = Digits[(int)digit];
        }

        return new string(text);
    }

    private static BigInteger Decode(ReadOnlySpan<char> text)
    {
        var number = BigInteger.Zero;
        foreach (var c in text)
            number = (number * Digits.Length) + Digits.IndexOf(c, StringComparison.Ordinal);
        return number;
    }

    // The CRC-32 of zip and Ethernet, bit by bit: fifty characters need no table.
    private static string Checksum(string body)
    {
        var crc = uint.MaxValue;
        foreach (var c in body)
        {
            crc ^= c;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc & 1) == 1 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
        }

        return Encode(~crc, ChecksumDigits);
    }
}
