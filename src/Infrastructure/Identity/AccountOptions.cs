using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using MusicGen.Application.Identity;

namespace MusicGen.Infrastructure.Identity;

/// <summary>What the operator decided about accounts; fills <see cref="AccountPolicy"/>.</summary>
public sealed class AccountOptions
{
    public const string Section = "Accounts";

    /// <summary>REGISTRATION: open or closed.</summary>
    [AllowedValues("open", "closed", ErrorMessage = "Accounts:Registration (REGISTRATION) is open or closed.")]
    public string Registration { get; init; } = "open";

    /// <summary>EMAIL_VERIFICATION: off or required.</summary>
    [AllowedValues("off", "required", ErrorMessage = "Accounts:EmailVerification (EMAIL_VERIFICATION) is off or required.")]
    public string EmailVerification { get; init; } = "required";

    /// <summary>REQUIRE_SECOND_FACTOR: off, admins or everyone.</summary>
    [AllowedValues("off", "admins", "everyone", ErrorMessage = "Accounts:RequireSecondFactor (REQUIRE_SECOND_FACTOR) is off, admins or everyone.")]
    public string RequireSecondFactor { get; init; } = "off";

    /// <summary>PUBLIC_URL: where links in mail point.</summary>
    [Required, Url]
    public string PublicUrl { get; init; } = "http://localhost:8000";

    internal AccountPolicy ToPolicy() => new(
        string.Equals(Registration, "open", StringComparison.Ordinal),
        string.Equals(EmailVerification, "required", StringComparison.Ordinal),
        PublicUrl.TrimEnd('/'),
        RequireSecondFactor switch
        {
            "everyone" => SecondFactorFor.Everyone,
            "admins" => SecondFactorFor.Admins,
            _ => SecondFactorFor.Nobody,
        });
}

[OptionsValidator]
internal sealed partial class AccountOptionsValidator : IValidateOptions<AccountOptions>;
