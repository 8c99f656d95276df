namespace MusicGen.Application.Identity;

/// <summary>What the operator decided about accounts.</summary>
/// <param name="RegistrationIsOpen">REGISTRATION.</param>
/// <param name="VerificationIsRequired">EMAIL_VERIFICATION.</param>
/// <param name="PublicUrl">PUBLIC_URL: where links in mail point; no slash at its end.</param>
public sealed record AccountPolicy(bool RegistrationIsOpen, bool VerificationIsRequired, string PublicUrl);
