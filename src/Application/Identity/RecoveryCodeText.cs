using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace MusicGen.Application.Identity;

/// <summary>
/// A recovery code as people keep it: 120 random bits in Crockford's base32, in six groups of four. It is read as people
/// type it: in any case, with blanks or hyphens anywhere, O for 0, I and L for 1.
/// </summary>
internal static class RecoveryCodeText
{
    /// <summary>Longer than anybody would type one.</summary>
    public const int MaxLength = 64;

    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    private const int Characters = 24;
    private const int Group = 4;

    public static string New() => string.Join('-', RandomNumberGenerator.GetItems<char>(Alphabet, Characters).Chunk(Group).Select(g => new string(g)));

    /// <summary>SHA-256 in base64url of what was meant.</summary>
    public static string Hash(string text) => Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(Meant(text))));

    private static string Meant(string text) => string.Concat(text.Where(c => c != '-' && !char.IsWhiteSpace(c)).Select(c => char.ToUpperInvariant(c) switch
    {
        'O' => '0',
        'I' or 'L' => '1',
        var other => other,
    }));
}
