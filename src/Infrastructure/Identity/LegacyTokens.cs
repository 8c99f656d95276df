using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using MusicGen.Application.Identity;
using MusicGen.Domain.Identity;

namespace MusicGen.Infrastructure.Identity;

/// <summary>
/// The original's tokens: HS256, nothing else, under a secret of at least 32 characters. Its times are floats, which the
/// library doesn't read, so they are taken from the signed payload itself.
/// </summary>
internal sealed class LegacyTokens : ILegacyTokens
{
    private const string Issuer = "music-gen-auth";
    private const string Audience = "music-gen-api";

    private static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(60); // the original's own

    /// <summary>The original's refresh tokens lived 7 days, and 30 with remember_me.</summary>
    private static readonly TimeSpan LongestUnremembered = TimeSpan.FromDays(8);

    private readonly JsonWebTokenHandler _handler = new() { MapInboundClaims = false };
    private readonly LegacyOptions _options;
    private readonly TokenValidationParameters? _parameters;
    private readonly TimeProvider _time;

    public LegacyTokens(IOptions<LegacyOptions> options, TimeProvider time)
    {
        _options = options.Value;
        _time = time;
        _parameters = _options.JwtSecret is { } secret
            ? new TokenValidationParameters
            {
                ValidAlgorithms = [SecurityAlgorithms.HmacSha256],
                IssuerSigningKey = new SymmetricSecurityKey(Encoding.UTF8.GetBytes(secret)),
                ValidIssuer = Issuer,
                ValidAudience = Audience,
                RequireSignedTokens = true,
                RequireAudience = true,
                ValidateLifetime = false, // judged here: the access token may be over
            }
            : null;
    }

    public bool IsOpen => _parameters is not null && _options.MigrationUntil is { } until && _time.GetUtcNow() < until;

    public async Task<LegacySession?> ReadAsync(string accessToken, string refreshToken)
    {
        if (!IsOpen || await ReadClaimsAsync(accessToken, "access") is not { } access || await ReadClaimsAsync(refreshToken, "refresh") is not { } refresh)
            return null;
        var now = _time.GetUtcNow();
        return access.Subject == refresh.Subject
            && access is { IsVerified: true, Email: { } email } && Email.IsWellFormed(email.Trim())
            && refresh.ExpiresAt > now
            && access.IssuedAt <= now + ClockSkew && refresh.IssuedAt <= now + ClockSkew
            ? new LegacySession(
                Email.Normalise(email),
                refresh.Jti,
                access.IssuedAt < refresh.IssuedAt ? access.IssuedAt : refresh.IssuedAt,
                refresh.ExpiresAt,
                refresh.ExpiresAt - refresh.IssuedAt > LongestUnremembered)
            : null;
    }

    private async Task<Claims?> ReadClaimsAsync(string token, string type)
    {
        var outcome = await _handler.ValidateTokenAsync(token, _parameters);
        if (!outcome.IsValid || outcome.SecurityToken is not JsonWebToken jwt)
            return null;
        using var payload = JsonDocument.Parse(Base64UrlEncoder.Decode(jwt.EncodedPayload));
        var claims = payload.RootElement;
        return Text(claims, AccessTokenClaims.Type) == type
            && Text(claims, JwtRegisteredClaimNames.Sub) is { Length: > 0 } subject
            && Guid.TryParseExact(Text(claims, JwtRegisteredClaimNames.Jti), "D", out var jti)
            && Moment(claims, JwtRegisteredClaimNames.Iat) is { } issued
            && Moment(claims, JwtRegisteredClaimNames.Exp) is { } expires
            ? new Claims(subject, jti, issued, expires, Text(claims, "email"), claims.TryGetProperty("is_verified", out var verified) && verified.ValueKind == JsonValueKind.True)
            : null;
    }

    private static string? Text(JsonElement claims, string name) =>
        claims.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static DateTimeOffset? Moment(JsonElement claims, string name) =>
        claims.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number
        && value.TryGetDouble(out var seconds) && seconds >= 0 && seconds < DateTimeOffset.MaxValue.ToUnixTimeSeconds()
            ? DateTimeOffset.UnixEpoch.AddSeconds(seconds)
            : null;

    private sealed record Claims(string Subject, Guid Jti, DateTimeOffset IssuedAt, DateTimeOffset ExpiresAt, string? Email, bool IsVerified);
}
