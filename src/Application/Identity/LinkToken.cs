using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace MusicGen.Application.Identity;

/// <summary>The secret of a mailed link: 256 random bits in base64url. Only its hash is kept.</summary>
internal static class LinkToken
{
    public const int Length = 43;

    public static string New() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    /// <summary>SHA-256 in base64url; the token is random, so nothing slower is needed.</summary>
    public static string Hash(string token) => Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
}
