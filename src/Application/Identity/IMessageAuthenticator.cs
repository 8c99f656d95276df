namespace MusicGen.Application.Identity;

/// <summary>
/// HMAC-SHA-256 under keys derived from JWT_SECRET_KEY, one for each purpose. A signature names its key, so signatures
/// made under JWT_SECRET_KEY_PREVIOUS stay valid while that is set.
/// </summary>
public interface IMessageAuthenticator
{
    /// <returns><c>KEYID.SIGNATURE</c>, both in base64url; the same for the same message.</returns>
    string Sign(string purpose, string message);

    /// <summary>Compares in constant time; false for anything malformed.</summary>
    bool Verify(string purpose, string message, string signature);
}
