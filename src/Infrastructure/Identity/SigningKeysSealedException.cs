namespace MusicGen.Infrastructure.Identity;

/// <summary>The signing keys lie under a secret that this process doesn't have; it must not start.</summary>
public sealed class SigningKeysSealedException : Exception
{
    public SigningKeysSealedException()
        : base("JWT_SECRET_KEY opens none of the signing keys in the database. Set JWT_SECRET_KEY_PREVIOUS to the secret that they were sealed under, or run \"keys rotate\" to begin with a new key and sign everyone out.")
    {
    }

    public SigningKeysSealedException(string message)
        : base(message)
    {
    }

    public SigningKeysSealedException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
