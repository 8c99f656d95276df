namespace MusicGen.Domain.Identity;

/// <summary>
/// One ES256 key of the ring that signs access tokens. It is announced before it signs, so that every node and every
/// reader of the JWKS knows it in time, and verifies until the last token that it signed has ended.
/// </summary>
public sealed class SigningKey
{
    private SigningKey()
    {
    }

    public SigningKey(string kid, string sealedPrivateKey, string publicKey, DateTimeOffset createdAt, DateTimeOffset activeAt)
    {
        Kid = kid;
        SealedPrivateKey = sealedPrivateKey;
        PublicKey = publicKey;
        CreatedAt = createdAt;
        ActiveAt = activeAt;
    }

    public string Kid { get; private set; } = string.Empty;

    /// <summary>PKCS#8, encrypted under a key derived from JWT_SECRET_KEY; names that key.</summary>
    public string SealedPrivateKey { get; private set; } = string.Empty;

    /// <summary>SubjectPublicKeyInfo in base64.</summary>
    public string PublicKey { get; private set; } = string.Empty;

    public DateTimeOffset CreatedAt { get; private set; }

    /// <summary>From when on it signs.</summary>
    public DateTimeOffset ActiveAt { get; private set; }

    /// <summary>From when on it no longer verifies.</summary>
    public DateTimeOffset? RetiredAt { get; private set; }

    public void Retire(DateTimeOffset at) => RetiredAt = RetiredAt is { } earlier && earlier < at ? earlier : at;

    public void Reseal(string sealedPrivateKey) => SealedPrivateKey = sealedPrivateKey;
}
