using MusicGen.Application.Auditing;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Sessions;

/// <summary>Everything that becomes cookies.</summary>
/// <param name="User">Who signed in.</param>
/// <param name="AccessToken">For the next minutes.</param>
/// <param name="Session">The session with its refresh token.</param>
/// <param name="DeviceCookie">The new value of the device cookie, or null to leave it.</param>
public sealed record SignedIn(UserView User, AccessToken AccessToken, OpenSession Session, string? DeviceCookie) : IAuditedResult
{
    public string? AuditSubject => $"session:{Session.Id}";

    public override string ToString() => nameof(SignedIn);
}

/// <summary>A user as the wire shows it.</summary>
public sealed record UserView(string Id, string Email, string Username, IReadOnlyList<string> Roles, string Tier, bool IsVerified)
{
    public static UserView Of(User user) =>
        new(user.Id.ToString(), user.Email.Value, user.Username, [user.Role.Name()], user.Tier.Name(), user.IsVerified);
}
