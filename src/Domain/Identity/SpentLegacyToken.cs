namespace MusicGen.Domain.Identity;

/// <summary>A refresh token of the original service that was exchanged for a session here: each works once.</summary>
public sealed class SpentLegacyToken
{
    private SpentLegacyToken()
    {
    }

    public SpentLegacyToken(string jti, DateTimeOffset expiresAt)
    {
        Jti = jti;
        ExpiresAt = expiresAt;
    }

    public string Jti { get; private set; } = string.Empty;

    /// <summary>The token's own end; the row may go then.</summary>
    public DateTimeOffset ExpiresAt { get; private set; }
}
