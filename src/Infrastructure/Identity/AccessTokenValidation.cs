using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace MusicGen.Infrastructure.Identity;

/// <summary>When an access token holds: ES256 by a key of our ring, our issuer and audience, and a life that isn't over.</summary>
public sealed class AccessTokenValidation
{
    /// <summary>What clocks of nodes may differ by.</summary>
    private static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(5);

    private readonly JsonWebTokenHandler _handler = new() { MapInboundClaims = false };
    private readonly SigningKeyRing _ring;
    private readonly TimeProvider _time;

    internal AccessTokenValidation(SigningKeyRing ring, IOptions<JwtOptions> options, TimeProvider time)
    {
        _ring = ring;
        _time = time;
        Parameters = new TokenValidationParameters
        {
            ValidAlgorithms = [SecurityAlgorithms.EcdsaSha256],
            ValidIssuer = options.Value.Issuer,
            ValidAudience = options.Value.Audience,
            ValidTypes = ["JWT"],
            RequireSignedTokens = true,
            RequireExpirationTime = true,
            RequireAudience = true,
            ValidateIssuerSigningKey = true,
            TryAllIssuerSigningKeys = false, // a token names its key, or it isn't ours
            IssuerSigningKeyResolver = (_, _, kid, _) => ring.Verifier(kid) is { } key ? [key] : [],
            LifetimeValidator = (from, to, token, _) => IsAlive(from, to, token),
            NameClaimType = JwtRegisteredClaimNames.Sub,
        };
    }

    /// <summary>Whoever uses them also asks <see cref="AccessTokenClaims.Read"/>, which checks the token's type.</summary>
    public TokenValidationParameters Parameters { get; }

    /// <summary>Null when the token doesn't hold; <paramref name="expiredToo"/> lets one pass whose life alone is over (logout).</summary>
    public async Task<AccessTokenClaims?> ReadAsync(string? token, bool expiredToo = false)
    {
        if (string.IsNullOrEmpty(token))
            return null;
        var parameters = Parameters;
        if (expiredToo)
        {
            parameters = Parameters.Clone();
            parameters.LifetimeValidator = (_, to, _, _) => to is not null;
        }

        var outcome = await _handler.ValidateTokenAsync(token, parameters);
        return outcome.IsValid ? AccessTokenClaims.Read(outcome.ClaimsIdentity) : null;
    }

    /// <summary>Whether a key still verifies what it signed: it is neither retired nor revoked, as far as this node knows.</summary>
    public bool Verifies(string kid) => _ring.Verifier(kid) is not null;

    private bool IsAlive(DateTime? from, DateTime? to, SecurityToken token)
    {
        var now = _time.GetUtcNow().UtcDateTime;
        return to is { } end && now < end + ClockSkew
            && (from is not { } begin || begin <= now + ClockSkew)
            && token is JsonWebToken jwt && jwt.IssuedAt > DateTime.MinValue && jwt.IssuedAt <= now + ClockSkew;
    }
}
