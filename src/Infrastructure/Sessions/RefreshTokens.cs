using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using MusicGen.Application.Identity;
using MusicGen.Domain.Identity;
using MusicGen.Domain.Sessions;

namespace MusicGen.Infrastructure.Sessions;

/// <summary>
/// Refresh tokens, which nobody stores: <c>user.session.counter.TAG.KEYID.SIGNATURE</c>, derived anew whenever needed and
/// the same on every node. Two locks: the tag needs the session's salt, which only Redis has; the signature needs the
/// server's secret, which only the nodes have. So neither a copy of Redis nor the secret alone makes a token, and whose
/// session a token names can be told without asking Redis.
/// </summary>
internal sealed class RefreshTokens(IMessageAuthenticator authenticator)
{
    private const string Purpose = "refresh";
    private const int SaltBytes = 32;
    private const int TagBytes = 16;
    private const int MaxLength = 512;

    public static string NewSalt() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SaltBytes));

    public string Issue(UserId user, SessionId session, long counter, string salt)
    {
        var body = $"{Claims(user, session, counter)}.{Tag(user, session, counter, salt)}";
        return $"{body}.{authenticator.Sign(Purpose, body)}";
    }

    /// <summary>What a token says, if its signature is ours; the tag is still to be checked by <see cref="Fits"/>.</summary>
    public RefreshToken? Read(string? text)
    {
        if (text is not { Length: > 0 and <= MaxLength })
            return null;
        var parts = text.Split('.');
        return parts.Length == 6
            && UserId.TryParse(parts[0], out var user)
            && SessionId.TryParse(parts[1], out var session)
            && long.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out var counter)
            && authenticator.Verify(Purpose, string.Join('.', parts[..4]), $"{parts[4]}.{parts[5]}")
            ? new RefreshToken(user, session, counter, parts[3])
            : null;
    }

    public static bool Fits(RefreshToken token, string salt) => CryptographicOperations.FixedTimeEquals(
        Encoding.UTF8.GetBytes(token.Tag), Encoding.UTF8.GetBytes(Tag(token.User, token.Session, token.Counter, salt)));

    private static string Claims(UserId user, SessionId session, long counter) =>
        string.Create(CultureInfo.InvariantCulture, $"{user}.{session}.{counter}");

    private static string Tag(UserId user, SessionId session, long counter, string salt) =>
        Base64Url.EncodeToString(
            HMACSHA256.HashData(Encoding.UTF8.GetBytes(salt), Encoding.UTF8.GetBytes(Claims(user, session, counter))).AsSpan(0, TagBytes));
}

internal sealed record RefreshToken(UserId User, SessionId Session, long Counter, string Tag)
{
    public override string ToString() => $"{nameof(RefreshToken)} of {Session}"; // keeps the tag out of every log
}
