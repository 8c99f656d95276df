using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using MusicGen.Application.Identity;
using MusicGen.Application.Sessions;
using MusicGen.Domain.Identity;
using MusicGen.Domain.Sessions;

namespace MusicGen.Infrastructure.Identity;

/// <summary>
/// ES256 under the ring's present key. The token says who and which session; role, tier and standing are asked for on
/// each request, because a token can't change its mind.
/// </summary>
internal sealed class JwtAccessTokenIssuer(SigningKeyRing ring, IOptions<JwtOptions> options, TimeProvider time) : IAccessTokenIssuer
{
    private readonly JsonWebTokenHandler _handler = new() { SetDefaultTimesOnTokenCreation = false };

    public async Task<AccessToken> IssueAsync(User user, SessionId session, long counter, bool remembered, CancellationToken ct)
    {
        var signer = await ring.SignerAsync(ct);
        var now = DateTimeOffset.FromUnixTimeSeconds(time.GetUtcNow().ToUnixTimeSeconds()); // a JWT counts seconds
        var lifetime = options.Value.LifetimeFor(remembered);
        var jti = Guid.CreateVersion7(now).ToString("D");
        var value = _handler.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = options.Value.Issuer,
            Audience = options.Value.Audience,
            IssuedAt = now.UtcDateTime,
            NotBefore = now.UtcDateTime,
            Expires = (now + lifetime).UtcDateTime,
            SigningCredentials = signer,
            Claims = new Dictionary<string, object>
            {
                [JwtRegisteredClaimNames.Jti] = jti,
                [JwtRegisteredClaimNames.Sub] = user.Id.ToString(),
                [JwtRegisteredClaimNames.Sid] = session.ToString(),
                [AccessTokenClaims.Counter] = counter,
                [AccessTokenClaims.Type] = AccessTokenClaims.AccessType,
            },
        });
        return new AccessToken(value, jti, now + lifetime, lifetime);
    }
}
