using FluentValidation;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity;

/// <summary>The rules for a password that is about to be set; one that is only checked has no rule but its length.</summary>
internal static class PasswordValidation
{
    /// <summary>15 to 128 characters, counted as people count them, and not one that others have lost.</summary>
    public static IRuleBuilderOptions<T, string> NewPassword<T>(this IRuleBuilderInitial<T, string> rule, IBreachedPasswords breached) => rule
        .Cascade(CascadeMode.Stop)
        .NotNull()
        .Must(p => p.EnumerateRunes().Count() >= PasswordRules.MinLength).WithMessage($"Use at least {PasswordRules.MinLength} characters; a sentence is fine.")
        .Must(p => p.EnumerateRunes().Count() <= PasswordRules.MaxLength).WithMessage($"Use at most {PasswordRules.MaxLength} characters.")
        .Must(p => !breached.Contains(p)).WithMessage("This password is on lists that attackers try first. Choose another one.");

    /// <summary>A password that is to be compared: present, and no longer than any that could have been set.</summary>
    public static IRuleBuilderOptions<T, string> CheckedPassword<T>(this IRuleBuilderInitial<T, string> rule) => rule
        .Cascade(CascadeMode.Stop)
        .NotEmpty()
        .Must(p => p.EnumerateRunes().Count() <= PasswordRules.MaxLength).WithMessage($"A password has at most {PasswordRules.MaxLength} characters.");

    public static IRuleBuilderOptions<T, string> EmailAddressOfOurs<T>(this IRuleBuilderInitial<T, string> rule) => rule
        .Cascade(CascadeMode.Stop)
        .NotEmpty()
        .Must(e => Email.IsWellFormed(e.Trim())).WithMessage("This is not an e-mail address.");

    public static IRuleBuilderOptions<T, string> Username<T>(this IRuleBuilderInitial<T, string> rule) => rule
        .Cascade(CascadeMode.Stop)
        .NotEmpty()
        .Must(Domain.Identity.Username.IsWellFormed).WithMessage("Use 3 to 32 letters A-Z, digits and underscores.");

    public static IRuleBuilderOptions<T, string> LinkToken<T>(this IRuleBuilderInitial<T, string> rule) => rule
        .Cascade(CascadeMode.Stop)
        .NotEmpty()
        .MaximumLength(Identity.LinkToken.Length);
}
