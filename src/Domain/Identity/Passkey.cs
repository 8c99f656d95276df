namespace MusicGen.Domain.Identity;

/// <summary>A public key whose private half lies in a user's authenticator (W3C Web Authentication, level 3).</summary>
public sealed class Passkey
{
    public const int MaxNameLength = 64;

    /// <summary>What WebAuthn allows a credential id to be long.</summary>
    public const int MaxCredentialIdLength = 1023;

    public const int MaxPerUser = 20;

    /// <summary>Names the key that seals are made with.</summary>
    public const string SealPurpose = "passkey";

    private Passkey()
    {
    }

    public Passkey(Guid id, UserId userId, string name, PasskeyCredential credential, DateTimeOffset now)
    {
        Id = id;
        UserId = userId;
        Name = name;
        CredentialId = credential.CredentialId;
        PublicKey = credential.PublicKey;
        SignCount = credential.SignCount;
        Transports = credential.Transports;
        IsUserVerified = credential.IsUserVerified;
        IsBackupEligible = credential.IsBackupEligible;
        IsBackedUp = credential.IsBackedUp;
        AttestationObject = credential.AttestationObject;
        ClientDataJson = credential.ClientDataJson;
        CreatedAt = now;
    }

    public Guid Id { get; private set; }

    public UserId UserId { get; private set; }

    /// <summary>What its owner calls it.</summary>
    public string Name { get; private set; } = string.Empty;

    public byte[] CredentialId { get; private set; } = [];

    /// <summary>COSE_Key.</summary>
    public byte[] PublicKey { get; private set; } = [];

    /// <summary>As the authenticator counts; one that goes back is a copy's.</summary>
    public long SignCount { get; private set; }

    /// <summary>As in <c>internal,hybrid</c>; empty when unknown.</summary>
    public string Transports { get; private set; } = string.Empty;

    public bool IsUserVerified { get; private set; }

    public bool IsBackupEligible { get; private set; }

    public bool IsBackedUp { get; private set; }

    public byte[] AttestationObject { get; private set; } = [];

    public byte[] ClientDataJson { get; private set; } = [];

    /// <summary>Our signature over whose key this is and over the key itself, so that one changed in the table is no key.</summary>
    public string Seal { get; private set; } = string.Empty;

    public DateTimeOffset CreatedAt { get; private set; }

    public DateTimeOffset? LastUsedAt { get; private set; }

    /// <summary>1 to 64 characters of one line.</summary>
    public static bool IsNameWellFormed(string name) => name.Trim().Length is >= 1 and <= MaxNameLength && !name.Any(char.IsControl);

    /// <summary>What <see cref="Seal"/> signs: the user, the credential's id and its public key.</summary>
    public string SealedText => $"{UserId}|{Convert.ToBase64String(CredentialId)}|{Convert.ToBase64String(PublicKey)}";

    /// <returns>Whether it had another one.</returns>
    public bool Sign(string seal)
    {
        var isNew = Seal != seal;
        Seal = seal;
        return isNew;
    }

    /// <summary>Takes over what an assertion said.</summary>
    public void Use(long signCount, bool isUserVerified, bool isBackedUp, DateTimeOffset now)
    {
        SignCount = signCount;
        IsUserVerified = isUserVerified;
        IsBackedUp = isBackedUp;
        LastUsedAt = now;
    }
}

/// <summary>What an attestation proved.</summary>
/// <param name="CredentialId">At most 1023 bytes.</param>
/// <param name="PublicKey">COSE_Key.</param>
/// <param name="SignCount">The authenticator's counter.</param>
/// <param name="Transports">Separated by commas.</param>
/// <param name="IsUserVerified">Whether the authenticator asked for a PIN or a fingerprint.</param>
/// <param name="IsBackupEligible">Whether it may leave the device.</param>
/// <param name="IsBackedUp">Whether it has.</param>
/// <param name="AttestationObject">As it came.</param>
/// <param name="ClientDataJson">As it came.</param>
public sealed record PasskeyCredential(
    byte[] CredentialId, byte[] PublicKey, long SignCount, string Transports, bool IsUserVerified, bool IsBackupEligible, bool IsBackedUp,
    byte[] AttestationObject, byte[] ClientDataJson);
