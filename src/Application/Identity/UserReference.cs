using FluentValidation;
using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Persistence;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity;

/// <summary>A user as operators name them: by id over HTTP, by e-mail address on the command line.</summary>
internal static class UserReference
{
    /// <summary>What the audit trail may say about it: an id, never an address.</summary>
    public static string? AuditSubject(string? reference) => UserId.TryParse(reference, out var id) ? $"user:{id}" : null;

    /// <summary>The tracked user, or null.</summary>
    public static Task<User?> FindByReferenceAsync(this IMusicGenDbContext db, string reference, CancellationToken ct)
    {
        if (UserId.TryParse(reference, out var id))
            return db.Users.SingleOrDefaultAsync(u => u.Id == id, ct);
        var email = Email.Normalise(reference);
        return db.Users.SingleOrDefaultAsync(u => u.Email == email, ct);
    }

    public static IRuleBuilderOptions<T, string> UserReferenceText<T>(this IRuleBuilderInitial<T, string> rule) => rule
        .Cascade(CascadeMode.Stop)
        .NotEmpty()
        .Must(text => UserId.TryParse(text, out _) || Email.IsWellFormed(text.Trim())).WithMessage("Name the user by id or e-mail address.");
}
