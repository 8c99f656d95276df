using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.IdentityModel.JsonWebTokens;
using MusicGen.Infrastructure.Identity;

namespace MusicGen.WebApi.Security;

/// <summary>
/// Verifies access tokens. A verified one is remembered by its hash for a minute: its session is asked on every request
/// anyway, and a signature costs more than all the rest of the check. Its key is asked each time, or tokens of a revoked
/// key would live on where they were seen a moment before.
/// </summary>
internal sealed class AccessTokens(AccessTokenValidation validation, TimeProvider time) : IDisposable
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
        var key = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
        if (_verified.TryGetValue<Verified>(key, out var known) && known is not null)
            return validation.Verifies(known.Key) ? known.Claims : null;
        if (await validation.ReadAsync(token, expiredToo: true) is not { } claims)
            return null;
        var entry = new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = RememberedFor };
        return _verified.Set(key, new Verified(claims, new JsonWebToken(token).Kid), entry).Claims;
    }

    /// <summary>The same, and null for an expired one: what a token says that lets somebody in.</summary>
    public async ValueTask<AccessTokenClaims?> ReadLivingAsync(string token) =>
        await ReadAsync(token) is { } claims && time.GetUtcNow() < claims.ExpiresAt ? claims : null;

    public void Dispose() => _verified.Dispose();

    /// <param name="Claims">What the token says.</param>
    /// <param name="Key">The kid of the key that signed it.</param>
    private sealed record Verified(AccessTokenClaims Claims, string Key);
}
