using System.Globalization;
using System.Security.Claims;
using Microsoft.IdentityModel.JsonWebTokens;
using MusicGen.Domain.Identity;
using MusicGen.Domain.Sessions;

namespace MusicGen.Infrastructure.Identity;

/// <summary>What an access token of ours says.</summary>
/// <param name="User">sub</param>
/// <param name="Session">sid</param>
/// <param name="Jti">A UUID.</param>
/// <param name="RefreshCounter">ctr: the refresh counter at the time of issue.</param>
/// <param name="ExpiresAt">exp</param>
public sealed record AccessTokenClaims(UserId User, SessionId Session, string Jti, long RefreshCounter, DateTimeOffset ExpiresAt)
{
    public const string Counter = "ctr";
    public const string Type = "token_type";
    public const string AccessType = "access";

    /// <summary>Reads the claims of a token whose signature holds; null when it isn't an access token, or one is missing.</summary>
    public static AccessTokenClaims? Read(ClaimsIdentity identity)
    {
        if (Single(identity, Type) != AccessType
            || !UserId.TryParse(Single(identity, JwtRegisteredClaimNames.Sub), out var user)
            || !SessionId.TryParse(Single(identity, JwtRegisteredClaimNames.Sid), out var session)
            || !Guid.TryParseExact(Single(identity, JwtRegisteredClaimNames.Jti), "D", out var jti)
            || !TryParse(Single(identity, Counter), out var counter)
            || !TryParse(Single(identity, JwtRegisteredClaimNames.Iat), out _)
            || !TryParse(Single(identity, JwtRegisteredClaimNames.Exp), out var expires))
        {
            return null;
        }

        return new AccessTokenClaims(user, session, jti.ToString("D"), counter, DateTimeOffset.FromUnixTimeSeconds(expires));
    }

    /// <summary>A claim that stands twice says nothing.</summary>
    private static string? Single(ClaimsIdentity identity, string type)
    {
        var claims = identity.FindAll(type).ToArray();
        return claims.Length == 1 ? claims[0].Value : null;
    }

    private static bool TryParse(string? text, out long number) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number <= DateTimeOffset.MaxValue.ToUnixTimeSeconds();
}
