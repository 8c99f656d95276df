using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity;

/// <summary>A personal access token as its owner sees it: never its value.</summary>
/// <param name="Id">A UUID.</param>
/// <param name="Name">The owner's.</param>
/// <param name="Scopes">Of generate, read and admin.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="ExpiresAt">Its end.</param>
/// <param name="LastUsedAt">To the minute; null for never.</param>
/// <param name="RateLimitMinute">Its own requests a minute, within its user's; null for none of its own.</param>
public sealed record PersonalTokenView(
    string Id, string Name, IReadOnlyList<string> Scopes, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt, DateTimeOffset? LastUsedAt, int? RateLimitMinute)
{
    public static PersonalTokenView Of(PersonalAccessToken token) => new(
        token.Id.ToString("D"), token.Name, token.Scopes.Names(), token.CreatedAt, token.ExpiresAt, token.LastUsedAt, token.RateLimitMinute);
}
