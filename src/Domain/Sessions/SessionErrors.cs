namespace MusicGen.Domain.Sessions;

public static class SessionErrors
{
    public static readonly Error Ended =
        new("auth.session_ended", "This session has ended. Sign in again.", ErrorKind.Unauthenticated);

    public static readonly Error RefreshMissing =
        new("auth.refresh_missing", "There is no refresh token. Sign in.", ErrorKind.Unauthenticated);

    public static readonly Error RefreshInvalid =
        new("auth.refresh_invalid", "The refresh token is not valid or its session has ended. Sign in again.", ErrorKind.Unauthenticated);

    public static readonly Error RefreshReused =
        new("auth.refresh_reused", "A spent refresh token was presented, so its session was ended everywhere. Sign in again.", ErrorKind.Unauthenticated);

    public static readonly Error NotFound =
        new("session.not_found", "There is no such session.", ErrorKind.NotFound);
}
