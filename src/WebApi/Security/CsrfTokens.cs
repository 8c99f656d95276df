using System.Buffers.Text;
using System.Security.Cryptography;
using MusicGen.Application.Identity;
using MusicGen.Domain.Sessions;

namespace MusicGen.WebApi.Security;

/// <summary>
/// CSRF tokens, <c>random.keyid.hmac</c>: signed, and bound to a session, or to none before there is one (OWASP's signed
/// double-submit cookie). A session's token is derived from it, so that all its tabs agree and a refresh changes nothing.
/// </summary>
internal sealed class CsrfTokens(IMessageAuthenticator authenticator)
{
    private const string Purpose = "csrf";
    private const string RandomPurpose = "csrf-random";
    private const int RandomBytes = 16;
    private const int RandomLength = 22;
    private const int MaxLength = 256;

    /// <summary>The token of a session, the same each time.</summary>
    public string For(SessionId session)
    {
        var signature = authenticator.Sign(RandomPurpose, session.Value);
        return Make(signature[(signature.LastIndexOf('.') + 1)..][..RandomLength], session);
    }

    /// <summary>A token for a browser that has no session yet, new each time.</summary>
    public string ForNobody() => Make(Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(RandomBytes)), null);

    /// <summary>Whether we made this token for that session, or for nobody where <paramref name="session"/> is null.</summary>
    public bool IsValid(string token, SessionId? session)
    {
        var dot = token.IndexOf('.', StringComparison.Ordinal);
        return dot == RandomLength && token.Length <= MaxLength
            && authenticator.Verify(Purpose, Message(token[..dot], session), token[(dot + 1)..]);
    }

    private string Make(string random, SessionId? session) => $"{random}.{authenticator.Sign(Purpose, Message(random, session))}";

    // The prefixes keep a session's token and a pre-session one from ever being the same message.
    private static string Message(string random, SessionId? session) =>
        session is { } s ? $"session:{s}:{random}" : $"nobody:{random}";
}
