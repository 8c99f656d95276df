namespace MusicGen.Application.Sessions;

/// <param name="Value">The compact JWT.</param>
/// <param name="Jti">Its id.</param>
/// <param name="ExpiresAt">Its end.</param>
/// <param name="Lifetime">From now to its end: the cookie's Max-Age.</param>
public sealed record AccessToken(string Value, string Jti, DateTimeOffset ExpiresAt, TimeSpan Lifetime)
{
    public override string ToString() => $"{nameof(AccessToken)} {Jti}"; // keeps the token out of every log
}
