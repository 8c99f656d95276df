namespace MusicGen.Application.Pipeline;

/// <summary>
/// A command whose sender, where they have a session, must have proved a moment ago who they are: by signing in, or by a
/// step-up (ASVS 7.5.2, 7.5.3). A personal access token has no session; making it took a step-up, and its scopes decide.
/// </summary>
public interface IRequiresRecentProof;

/// <summary>How long a sign-in or a step-up counts as recent.</summary>
public static class RecentProof
{
    /// <summary>As long as an access token lives by default.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(15);

    /// <summary>Whether the caller needs none, or their last one is recent.</summary>
    public static bool Suffices(ICurrentUser caller, DateTimeOffset now) =>
        caller.Session is null || (caller.ProvedAt is { } at && now - at < Lifetime);
}
