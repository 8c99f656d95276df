using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity;

/// <summary>What the operator decided about accounts.</summary>
/// <param name="RegistrationIsOpen">REGISTRATION.</param>
/// <param name="VerificationIsRequired">EMAIL_VERIFICATION.</param>
/// <param name="PublicUrl">PUBLIC_URL: where links in mail point; no slash at its end.</param>
/// <param name="SecondFactorFor">REQUIRE_SECOND_FACTOR.</param>
public sealed record AccountPolicy(
    bool RegistrationIsOpen, bool VerificationIsRequired, string PublicUrl, SecondFactorFor SecondFactorFor = SecondFactorFor.Nobody)
{
    /// <summary>Whether users of that role must sign in with two factors.</summary>
    public bool RequiresSecondFactor(Role role) => SecondFactorFor switch
    {
        SecondFactorFor.Everyone => true,
        SecondFactorFor.Admins => role == Role.Admin,
        _ => false,
    };
}

/// <summary>Whose sessions open nothing until a second factor was used in them.</summary>
public enum SecondFactorFor
{
    Nobody,
    Admins,
    Everyone,
}
