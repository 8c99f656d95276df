using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using MusicGen.Infrastructure.Identity;

namespace MusicGen.WebApi.Security;

/// <summary>
/// Verifies access tokens. A verified one is remembered by its hash for a minute: its session is asked on every request
/// anyway, and a signature costs more than all the rest of the check. Its key is asked each time, or tokens of a revoked
/// key would live on where they were seen a moment before.
/// </summary>
internal sealed class AccessTokens(AccessTokenValidation validation, TimeProvider time) : TokenHandler, IDisposable
{
    private const int LongestToken = 4096;
    private const int Remembered = 10_000;

    private static readonly TimeSpan RememberedFor = TimeSpan.FromMinutes(1);

    private readonly MemoryCache _verified = new(new MemoryCacheOptions { SizeLimit = Remembered });

    /// <summary>
    /// What a token with a signature of ours says, expired or not; null for any other. An expired token still names the
    /// session that a browser means to end, or to prove that a request comes from our page.
    /// </summary>
    public async ValueTask<AccessTokenClaims?> ReadAsync(string token)
    {
        if (token.Length is 0 or > LongestToken)
            return null;
        if (Find(token) is { } known)
            return validation.Verifies(known.Key) ? known.Claims : null;
        if (await validation.ReadAsync(token, expiredToo: true) is not { } claims)
            return null;
        var entry = new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = RememberedFor };
        return _verified.Set(HashOf(token), new Verified(claims, new JsonWebToken(token).Kid), entry).Claims;
    }

    /// <summary>What a token says that was verified in the last minute and hasn't expired; null when the bearer handler must look at it.</summary>
    public AccessTokenClaims? Recall(string token) =>
        token.Length <= LongestToken && Find(token) is { } known && validation.Verifies(known.Key) && time.GetUtcNow() < known.Claims.ExpiresAt ? known.Claims : null;

    public override async Task<TokenValidationResult> ValidateTokenAsync(string token, TokenValidationParameters validationParameters)
    {
        if (await ReadAsync(token) is not { } claims)
            return Invalid(new SecurityTokenValidationException("This is no access token of ours."));
        var read = new JsonWebToken(token);
        return time.GetUtcNow() >= claims.ExpiresAt
            ? Invalid(new SecurityTokenExpiredException("The access token has expired."))
            : new TokenValidationResult { IsValid = true, ClaimsIdentity = new ClaimsIdentity(read.Claims, "access_token"), SecurityToken = read };
    }

    public override SecurityToken ReadToken(string token) => new JsonWebToken(token);

    public void Dispose() => _verified.Dispose();

    private Verified? Find(string token) => _verified.Get<Verified>(HashOf(token));

    private static string HashOf(string token) => Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(token)));

    private static TokenValidationResult Invalid(Exception reason) => new() { IsValid = false, Exception = reason };

    /// <param name="Claims">What the token says.</param>
    /// <param name="Key">The kid of the key that signed it.</param>
    private sealed record Verified(AccessTokenClaims Claims, string Key);
}
