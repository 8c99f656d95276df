using System.Text.Json.Serialization;
using MusicGen.Application.Sessions;

namespace MusicGen.WebApi.Controllers;

/// <param name="Email">Up to 254 characters.</param>
/// <param name="Username">3 to 32 of A-Za-z0-9_, compared without case; public.</param>
/// <param name="Password">15 to 128 characters, any.</param>
public sealed record RegisterRequest(string Email, string Username, string Password)
{
    public override string ToString() => nameof(RegisterRequest); // keeps the password out of every log
}

/// <param name="Success">Always true.</param>
/// <param name="User">Absent while the e-mail address must be proved.</param>
/// <param name="CsrfToken">Absent with the user.</param>
/// <param name="Message">For people.</param>
public sealed record RegisterResponse(
    bool Success,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] UserView? User,
    [property: JsonPropertyName("csrfToken"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? CsrfToken,
    string Message);

/// <param name="Email">The account's address.</param>
/// <param name="Password">Its password.</param>
/// <param name="RememberMe">A session of 30 days idle and 90 at most, instead of 7 and 30.</param>
public sealed record LoginRequest(string Email, string Password, bool? RememberMe = null)
{
    public override string ToString() => nameof(LoginRequest); // keeps the password out of every log
}

/// <param name="Success">Whether a session was opened; false while the second factor is missing.</param>
/// <param name="User">Who signed in.</param>
/// <param name="CsrfToken">For unsafe requests.</param>
/// <param name="SecondFactor">Where one is missing, the kinds that pass: totp, passkey, recovery_code.</param>
/// <param name="Challenge">For POST /api/auth/login/second-factor, five minutes.</param>
public sealed record LoginResponse(
    bool Success,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] UserView? User = null,
    [property: JsonPropertyName("csrfToken"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? CsrfToken = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? SecondFactor = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Challenge = null)
{
    public override string ToString() => nameof(LoginResponse); // keeps the tokens out of every log
}

public sealed record RefreshResponse(bool Success, string Message, [property: JsonPropertyName("csrfToken")] string? CsrfToken);

public sealed record MessageResponse(string Message);

public sealed record SuccessResponse(bool Success, string Message);

/// <param name="KeepCurrent">Whether this session stays.</param>
/// <param name="EndTokens">Whether personal access tokens end too.</param>
public sealed record LogoutAllRequest(bool? KeepCurrent = null, bool? EndTokens = null);

/// <param name="Authenticated">Whether somebody is signed in.</param>
/// <param name="User">Who.</param>
/// <param name="CsrfToken">For unsafe requests.</param>
/// <param name="ExpiresAt">The end of the access token.</param>
/// <param name="Refreshable">Present and true when only a live refresh cookie came.</param>
/// <param name="SecondFactorRequired">Present and true when the session opens nothing until a second factor was set up or confirmed in it.</param>
public sealed record SessionResponse(
    bool Authenticated,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] UserView? User = null,
    [property: JsonPropertyName("csrfToken"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? CsrfToken = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? ExpiresAt = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? Refreshable = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? SecondFactorRequired = null);

public sealed record CsrfTokenResponse([property: JsonPropertyName("csrfToken")] string CsrfToken);

public sealed record ChangePasswordRequest(string CurrentPassword, string NewPassword)
{
    public override string ToString() => nameof(ChangePasswordRequest); // keeps the passwords out of every log
}

public sealed record ForgotPasswordRequest(string Email)
{
    public override string ToString() => nameof(ForgotPasswordRequest); // keeps the address out of every log
}

public sealed record ResetPasswordRequest(string Token, string NewPassword)
{
    public override string ToString() => nameof(ResetPasswordRequest); // keeps the secrets out of every log
}

public sealed record VerifyEmailRequest(string Token)
{
    public override string ToString() => nameof(VerifyEmailRequest); // keeps the token out of every log
}
