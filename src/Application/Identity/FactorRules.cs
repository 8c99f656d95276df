using FluentValidation;

namespace MusicGen.Application.Identity;

/// <summary>The shapes of what comes with second factors.</summary>
internal static class FactorRules
{
    private const int MaxCredential = 32 * 1024;
    private const int CodeLength = 6;

    /// <summary>Six digits; blanks, as apps show them, are the client's to drop.</summary>
    public static IRuleBuilderOptions<T, string?> AppCode<T>(this IRuleBuilder<T, string?> rule) => rule
        .Must(code => code is null || (code.Length == CodeLength && code.All(char.IsAsciiDigit))).WithMessage("Type the six digits that your app shows now.");

    public static IRuleBuilderOptions<T, string?> RecoveryCode<T>(this IRuleBuilder<T, string?> rule) => rule
        .Must(code => code is null or { Length: >= 1 and <= RecoveryCodeText.MaxLength }).WithMessage("Type one of the codes that you were given to keep.");

    public static IRuleBuilderOptions<T, string?> Credential<T>(this IRuleBuilder<T, string?> rule) => rule
        .Must(json => json is null or { Length: <= MaxCredential }).WithMessage("This is too long for a passkey.");

    public static IRuleBuilderOptions<T, string> ChallengeName<T>(this IRuleBuilderInitial<T, string> rule) => rule
        .Cascade(CascadeMode.Stop)
        .NotEmpty()
        .MaximumLength(LinkToken.Length);
}
