using MusicGen.Application.Auditing;
using MusicGen.Application.Sessions;

namespace MusicGen.Application.Identity;

/// <summary>What a right password opens: a session, or the question for a second factor.</summary>
/// <param name="User">Whose password it was.</param>
/// <param name="SignedIn">The session; null while the second factor is missing.</param>
/// <param name="SecondFactor">The kinds that pass: totp, passkey, recovery_code.</param>
/// <param name="Challenge">Names the sign-in that goes on.</param>
public sealed record LoginAnswer(string User, SignedIn? SignedIn, IReadOnlyList<string>? SecondFactor = null, string? Challenge = null)
    : IAuditedResult, IAuditedEvent
{
    public string? AuditSubject => SignedIn is null ? $"user:{User}" : SignedIn.AuditSubject;

    // The original knew no second factor, so it had no name for its question.
    public string? AuditEvent => SignedIn is null ? null : "login_success";

    public override string ToString() => nameof(LoginAnswer); // keeps the tokens out of every log
}
