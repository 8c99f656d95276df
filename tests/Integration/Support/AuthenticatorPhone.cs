using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;

namespace MusicGen.Integration.Support;

/// <summary>An authenticator app by RFC 6238, written from the standard and not from our own code: six digits of SHA-1 each 30 seconds.</summary>
public sealed class AuthenticatorPhone(string secret)
{
    private const int Seconds = 30;
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    private readonly byte[] _seed = Decode(secret);
    private long _last;

    /// <summary>A code that is right now and that this phone has not shown before: each works once, and a step to either side still counts.</summary>
    public async Task<string> NextAsync()
    {
        // Just before a step ends the code could be a step older when it arrives.
        while (DateTimeOffset.UtcNow.ToUnixTimeSeconds() % Seconds > Seconds - 4 || Now + 1 <= _last)
            await Task.Delay(200, TestContext.Current.CancellationToken);
        _last = Math.Max(_last + 1, Now - 1);
        return Code(_last);
    }

    /// <summary>The code that it showed last.</summary>
    public string Last() => Code(_last);

    private static long Now => DateTimeOffset.UtcNow.ToUnixTimeSeconds() / Seconds;

    [SuppressMessage("Security", "CA5350:Do not use weak cryptographic algorithms", Justification = "RFC 6238's default, which every authenticator app knows.")]
    private string Code(long step)
    {
        Span<byte> counter = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(counter, step);
        var hash = HMACSHA1.HashData(_seed, counter);
        var number = BinaryPrimitives.ReadInt32BigEndian(hash.AsSpan(hash[^1] & 0xF)) & 0x7FFFFFFF;
        return (number % 1_000_000).ToString("D6", CultureInfo.InvariantCulture);
    }

    private static byte[] Decode(string base32)
    {
        var bytes = new List<byte>();
        var (held, bits) = (0, 0);
        foreach (var letter in base32)
        {
            (held, bits) = ((held << 5) | Alphabet.IndexOf(letter, StringComparison.Ordinal), bits + 5);
            if (bits < 8)
                continue;
            bits -= 8;
            bytes.Add((byte)(held >> bits));
            held &= (1 << bits) - 1;
        }

        return [.. bytes];
    }
}
