namespace MusicGen.Application.Identity;

/// <summary>The keys that sign access tokens, as the server's start and its operator handle them.</summary>
public interface ISigningKeyRing : IResealable
{
    /// <summary>Makes the first key where there is none; to be called before the first request.</summary>
    /// <exception cref="Exception">No key opens under our secrets; the message says what to do, and the start must end.</exception>
    Task OpenAsync(CancellationToken ct);

    /// <summary>The JWKS (RFC 7517): the public halves of all keys that verify or will.</summary>
    Task<string> PublicJwksAsync(CancellationToken ct);

    /// <summary>
    /// Announces a new key, which signs from two minutes on, when every node knows it; the present one verifies until
    /// the last of its tokens has ended.
    /// </summary>
    Task<SigningKeyView> RotateAsync(CancellationToken ct);

    /// <summary>The latest first.</summary>
    Task<IReadOnlyList<SigningKeyView>> ListAsync(CancellationToken ct);

    /// <summary>Ends a key and all its tokens now; another takes over at once. False when there is no such living key.</summary>
    Task<bool> RevokeAsync(string kid, CancellationToken ct);
}

/// <param name="Kid">Its id in tokens and in the JWKS.</param>
/// <param name="State">announced, active, retiring (verifies only) or retired.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="ActiveAt">From when on it signs.</param>
/// <param name="RetiredAt">From when on it no longer verifies; null while that is open.</param>
public sealed record SigningKeyView(string Kid, string State, DateTimeOffset CreatedAt, DateTimeOffset ActiveAt, DateTimeOffset? RetiredAt);
