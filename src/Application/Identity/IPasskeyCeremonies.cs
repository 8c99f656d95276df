using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity;

/// <summary>The two ceremonies of Web Authentication: making a passkey, and showing that one has it.</summary>
public interface IPasskeyCeremonies
{
    /// <summary>What a browser needs to make a passkey for a user; those that the user has are excluded.</summary>
    Task<PasskeyOptions> MakeCreationOptionsAsync(User user, CancellationToken ct);

    /// <summary>What a browser needs to show a passkey.</summary>
    /// <param name="user">Whose; null for any that the browser finds.</param>
    /// <param name="userVerification">Whether the authenticator must ask for a PIN or a fingerprint.</param>
    /// <param name="ct">Cancels.</param>
    Task<PasskeyOptions> MakeRequestOptionsAsync(User? user, bool userVerification, CancellationToken ct);

    /// <summary>Judges a new passkey; null when it isn't one for this site and this ceremony.</summary>
    Task<PasskeyCredential?> AttestAsync(string credential, string state, CancellationToken ct);

    /// <summary>Judges a shown passkey: signature, origin, counter; null when any is wrong.</summary>
    Task<PasskeyAssertion?> AssertAsync(string credential, string state, bool userVerification, CancellationToken ct);
}

/// <param name="Json">For <c>navigator.credentials</c>.</param>
/// <param name="State">What the ceremony needs to go on; stays on our side.</param>
public sealed record PasskeyOptions(string Json, string State)
{
    public override string ToString() => nameof(PasskeyOptions);
}

/// <param name="User">Whose passkey it is.</param>
/// <param name="CredentialId">Which.</param>
/// <param name="SignCount">The authenticator's counter now.</param>
/// <param name="IsUserVerified">Whether a PIN or a fingerprint was asked for, now or when it was made.</param>
/// <param name="IsBackedUp">Whether it has left its device.</param>
public sealed record PasskeyAssertion(UserId User, byte[] CredentialId, long SignCount, bool IsUserVerified, bool IsBackedUp);
