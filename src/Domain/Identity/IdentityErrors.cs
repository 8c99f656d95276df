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

    public static Error LinkInvalid(string field = "token") =>
        Error.Invalid(field, "This link has been used or has expired. Ask for a new one.");

    public static Error TooManyAttempts(TimeSpan retryAfter) =>
        new("auth.too_many_attempts", "Too many attempts. Wait, or use \"forgot password\" to get in from here.", ErrorKind.Throttled)
        {
            RetryAfter = retryAfter,
        };
}
