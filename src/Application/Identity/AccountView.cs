using MusicGen.Application.Auditing;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity;

/// <summary>An account as operators and administrators see it.</summary>
public sealed record AccountView(
    string Id, string Email, string Username, string Role, string Tier, bool IsVerified, bool IsDisabled, DateTimeOffset CreatedAt)
    : IAuditedResult
{
    public string? AuditSubject => $"user:{Id}";

    public static AccountView Of(User user) => new(
        user.Id.ToString(), user.Email.Value, user.Username, user.Role.Name(), user.Tier.Name(), user.IsVerified, user.IsDisabled, user.CreatedAt);
}
