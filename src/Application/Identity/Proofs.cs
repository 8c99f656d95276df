namespace MusicGen.Application.Identity;

/// <summary>What the audit trail calls the ways to prove who one is.</summary>
internal static class Proofs
{
    public const string Password = "password";
    public const string Passkey = "passkey";
    public const string MailLink = "mail_link";

    /// <summary>Those of the original service.</summary>
    public const string LegacyTokens = "legacy_tokens";

    /// <summary>What came beside a password, as in <c>+totp</c>; empty where nothing did.</summary>
    public static string With(string? code, string? recoveryCode, string? passkey = null) => (code, recoveryCode, passkey) switch
    {
        (not null, _, _) => "+totp",
        (_, not null, _) => "+recovery_code",
        (_, _, not null) => "+passkey",
        _ => string.Empty,
    };
}
