using MusicGen.Application.Pipeline;
using MusicGen.Application.Sessions;
using MusicGen.Domain;
using MusicGen.Domain.Identity;
using MusicGen.Domain.Sessions;

namespace MusicGen.WebApi.Security;

/// <summary>Who sent this request, as the session check found; everybody is a stranger until then.</summary>
internal sealed record Caller
{
    public static readonly Caller Stranger = new();

    public UserId? Id { get; init; }

    public Role Role { get; init; }

    public Tier Tier { get; init; }

    public SessionId? Session { get; init; }

    public DateTimeOffset? SteppedUpAt { get; init; }

    public DateTimeOffset? ProvedAt { get; init; }

    /// <summary>Whether the session was opened, stepped up or given its first factor by two factors.</summary>
    public bool UsedTwoFactors { get; init; }

    public AccessTokenIdentity? AccessToken { get; init; }

    /// <summary>The personal access token of a script, which has no session.</summary>
    public PersonalTokenGrant? PersonalToken { get; init; }

    /// <summary>The end of the credential that came.</summary>
    public DateTimeOffset? ExpiresAt => PersonalToken?.ExpiresAt ?? AccessToken?.ExpiresAt;

    /// <summary>Why the credentials that came with the request don't count; null where none came or all is well.</summary>
    public Error? Refusal { get; init; }

    public static Caller Of(HttpContext context) => context.Features.Get<Caller>() ?? Stranger;
}
