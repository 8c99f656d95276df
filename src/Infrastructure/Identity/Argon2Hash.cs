using System.Globalization;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using NSec.Cryptography;

namespace MusicGen.Infrastructure.Identity;

/// <summary>A password's hash with everything that it was made with, as a PHC string: <c>$argon2id$v=19$m=…,t=…,p=1$salt$hash</c>.</summary>
/// <param name="MemoryKiB">m</param>
/// <param name="Iterations">t</param>
/// <param name="Salt">16 bytes.</param>
/// <param name="Hash">32 bytes.</param>
internal sealed partial record Argon2Hash(int MemoryKiB, int Iterations, byte[] Salt, byte[] Hash)
{
    public const int SaltLength = 16;
    public const int HashLength = 32;

    private const int LeastMemory = 8; // of one lane, by the RFC

    /// <summary>Hashes under a new salt.</summary>
    public static Argon2Hash Of(ReadOnlySpan<byte> password, int memoryKiB, int iterations)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltLength);
        return new Argon2Hash(memoryKiB, iterations, salt, Derive(password, salt, memoryKiB, iterations));
    }

    /// <summary>Null for null and for what isn't such a string.</summary>
    public static Argon2Hash? Parse(string? text)
    {
        if (text is null || Phc().Match(text) is not { Success: true } match)
            return null;
        var salt = Decode(match.Groups["salt"].Value);
        var hash = Decode(match.Groups["hash"].Value);
        return salt.Length == SaltLength && hash.Length == HashLength
            ? new Argon2Hash(Number(match.Groups["m"].Value), Number(match.Groups["t"].Value), salt, hash)
            : null;
    }

    public bool Matches(ReadOnlySpan<byte> password) =>
        CryptographicOperations.FixedTimeEquals(Derive(password, Salt, MemoryKiB, Iterations), Hash);

    /// <summary>How much memory the passes of a stronger setting would still have to fill after this hash was compared.</summary>
    public int MemoryLeftTo(Argon2Hash stronger) =>
        (int)Math.Max(0, (((long)stronger.MemoryKiB * stronger.Iterations) - ((long)MemoryKiB * Iterations)) / stronger.Iterations);

    /// <summary>Does the work that a hash of stronger settings takes beyond this one's.</summary>
    public void WorkOnTo(Argon2Hash stronger, ReadOnlySpan<byte> password)
    {
        if (MemoryLeftTo(stronger) is var left and >= LeastMemory)
            Derive(password, Salt, left, stronger.Iterations);
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"$argon2id$v=19$m={MemoryKiB},t={Iterations},p=1${Encode(Salt)}${Encode(Hash)}");

    internal static byte[] Derive(ReadOnlySpan<byte> password, ReadOnlySpan<byte> salt, int memoryKiB, int iterations) =>
        PasswordBasedKeyDerivationAlgorithm.Argon2id(new Argon2Parameters
        {
            MemorySize = memoryKiB,
            NumberOfPasses = iterations,
            DegreeOfParallelism = 1, // all that libsodium has
        }).DeriveBytes(password, salt, HashLength);

    private static int Number(string digits) => int.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture);

    private static string Encode(byte[] bytes) => Convert.ToBase64String(bytes).TrimEnd('=');

    private static byte[] Decode(string text) => Convert.FromBase64String(text.PadRight((text.Length + 3) / 4 * 4, '='));

    [GeneratedRegex(@"^\$argon2id\$v=19\$m=(?<m>[1-9][0-9]{0,7}),t=(?<t>[1-9][0-9]{0,2}),p=1\$(?<salt>[A-Za-z0-9+/]{22})\$(?<hash>[A-Za-z0-9+/]{43})$", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Phc();
}
