using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity;

/// <summary>Time-based codes (RFC 6238: SHA-1, six digits, 30 s) over seeds that never leave their seal here.</summary>
public interface ITotp
{
    /// <summary>Makes a seed for a user's authenticator app.</summary>
    /// <param name="user">Whose; the seal opens for nobody else.</param>
    /// <param name="account">What the app shows beside the service's name.</param>
    NewAuthenticator Create(UserId user, string account);

    /// <summary>The 30 s step whose code this is, of now and the steps beside it; null when it is none's.</summary>
    /// <exception cref="InvalidOperationException">The seed lies under a secret that we don't have.</exception>
    long? StepOf(UserId user, string sealedSeed, string code, DateTimeOffset now);

    /// <summary>The seed under the present secret; null when it lies there already, or we can't open it.</summary>
    string? Reseal(UserId user, string sealedSeed);
}

/// <param name="SealedSeed">What is kept.</param>
/// <param name="Secret">The seed in base32, to be typed in.</param>
/// <param name="Uri">The <c>otpauth://</c> address of the same.</param>
/// <param name="Qr">That address as a QR code: rows of modules, 1 for a dark one, without the quiet zone.</param>
public sealed record NewAuthenticator(string SealedSeed, string Secret, string Uri, IReadOnlyList<string> Qr)
{
    public override string ToString() => nameof(NewAuthenticator); // keeps the secret out of every log
}
