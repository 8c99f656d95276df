using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity;

/// <summary>Reads the tokens that the original service's clients hold, for as long as the operator lets them migrate.</summary>
public interface ILegacyTokens
{
    /// <summary>Whether migration is open now.</summary>
    bool IsOpen { get; }

    /// <summary>What a pair of tokens proves; null unless both are the original's, belong together, and the refresh token lives.</summary>
    Task<LegacySession?> ReadAsync(string accessToken, string refreshToken);
}

/// <summary>A sign-in at the original service. Role and tier are missing on purpose: they come from the account.</summary>
/// <param name="Email">The verified address that the access token names.</param>
/// <param name="RefreshJti">Spends the pair.</param>
/// <param name="IssuedAt">When the older of the two was issued.</param>
/// <param name="EndsAt">The refresh token's end.</param>
/// <param name="Remembered">Whether it was a sign-in with remember_me, as its length tells.</param>
public sealed record LegacySession(Email Email, Guid RefreshJti, DateTimeOffset IssuedAt, DateTimeOffset EndsAt, bool Remembered);
