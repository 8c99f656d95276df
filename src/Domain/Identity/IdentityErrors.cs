namespace MusicGen.Domain.Identity;

public static class IdentityErrors
{
    public static readonly Error AuthenticationRequired =
        new("auth.required", "Sign in first.", ErrorKind.Unauthenticated);

    public static readonly Error InvalidCredentials =
        new("auth.invalid_credentials", "Invalid email or password", ErrorKind.Unauthenticated);

    public static readonly Error TokenInvalid =
        new("auth.token_invalid", "The access token is not valid. Refresh it, or sign in again.", ErrorKind.Unauthenticated);

    public static readonly Error EmailUnverified =
        new("auth.email_unverified", "Your e-mail address isn't confirmed yet. We have sent you the link again.", ErrorKind.Forbidden);

    public static readonly Error Forbidden =
        new("auth.forbidden", "Your account may not do this.", ErrorKind.Forbidden);

    public static readonly Error RegistrationClosed =
        new("auth.registration_closed", "This server takes no registrations. Ask its operator for an account.", ErrorKind.Forbidden);

    public static readonly Error UsernameTaken =
        new("auth.username_taken", "This username is taken. Choose another one.", ErrorKind.Conflict);

    public static readonly Error EmailTaken =
        new("auth.email_taken", "There is an account with this e-mail address. Sign in, or reset its password.", ErrorKind.Conflict);

    public static readonly Error MailUnavailable =
        new("auth.mail_unavailable", "This server sends no mail. Ask its operator for a reset link.", ErrorKind.Unprocessable);

    public static readonly Error UserNotFound =
        new("user.not_found", "There is no such user.", ErrorKind.NotFound);

    public static readonly Error KeyNotFound =
        new("key.not_found", "There is no such living key. \"keys list\" shows them.", ErrorKind.NotFound);

    public static readonly Error StepUpRequired =
        new("auth.step_up_required", "Prove once more that it's you: POST /api/auth/step-up, then send this again.", ErrorKind.Forbidden);

    public static readonly Error SecondFactorRequired =
        new("auth.second_factor_required", "This needs a second factor or a passkey. Set one up under your account, or confirm the one that you have.", ErrorKind.Forbidden);

    public static readonly Error ChallengeInvalid =
        new("auth.challenge_invalid", "This sign-in has expired or was finished already. Start it again.", ErrorKind.Unauthenticated);

    public static readonly Error FactorExists =
        new("auth.factor_exists", "This second factor is on already. Remove it first.", ErrorKind.Conflict);

    public static readonly Error FactorNotFound =
        new("factor.not_found", "There is no such second factor.", ErrorKind.NotFound);

    public static readonly Error FactorLimit =
        new("factor.limit", "There are twenty passkeys already. Remove one first.", ErrorKind.Conflict);

    public static readonly Error InvalidFactor =
        new("auth.invalid_credentials", "This code or passkey isn't right, or it was used before.", ErrorKind.Unauthenticated);

    public static readonly Error TokenNotFound =
        new("token.not_found", "There is no such token.", ErrorKind.NotFound);

    public static readonly Error TokenLimit =
        new("token.limit", "There are fifty living tokens already. End one first.", ErrorKind.Conflict);

    public static readonly Error ScopeMissing =
        new("auth.scope_missing", "This token's scopes don't allow that. Make one that does.", ErrorKind.Forbidden);

    public static readonly Error TokenNotAllowed =
        new("auth.token_not_allowed", "A personal access token doesn't open this. Sign in.", ErrorKind.Forbidden);

    public static readonly Error ExportNotFound =
        new("export.not_found", "There is no such export, or its time is over. Ask for a new one.", ErrorKind.NotFound);

    public static readonly Error ExportNotReady =
        new("export.not_ready", "The export isn't complete yet. Its status says how far it is.", ErrorKind.Conflict);

    public static readonly Error LastAdmin =
        new("user.last_admin", "This is the last administrator. Make another one first; an operator on the command line may do it all the same.", ErrorKind.Conflict);

    public static Error LinkInvalid(string field = "token") =>
        Error.Invalid(field, "This link has been used or has expired. Ask for a new one.");

    public static Error TooManyCodes(TimeSpan retryAfter) =>
        new("auth.too_many_attempts", "Too many wrong codes. Wait, then try again.", ErrorKind.Throttled) { RetryAfter = retryAfter };

    public static Error TooManyAttempts(TimeSpan retryAfter) =>
        new("auth.too_many_attempts", "Too many attempts. Wait, or use \"forgot password\" to get in from here.", ErrorKind.Throttled)
        {
            RetryAfter = retryAfter,
        };
}
