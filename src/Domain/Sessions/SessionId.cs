using System.Buffers.Text;
using System.Security.Cryptography;

namespace MusicGen.Domain.Sessions;

/// <summary>Names one sign-in on one device: 128 random bits in base64url.</summary>
public readonly record struct SessionId(string Value)
{
    private const int Bytes = 16;

    public static SessionId New() => new(Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Bytes)));

    public static bool TryParse(string? text, out SessionId id)
    {
        id = new SessionId(text ?? string.Empty);
        return text is { Length: 22 } && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');
    }

    public override string ToString() => Value ?? string.Empty;
}
