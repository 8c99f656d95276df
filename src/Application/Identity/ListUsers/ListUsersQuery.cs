using System.Diagnostics.CodeAnalysis;
using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity.ListUsers;

/// <summary>Accounts by username, page by page.</summary>
/// <param name="Limit">1 to 100.</param>
/// <param name="Cursor">From the page before; null for the first.</param>
/// <param name="Q">Part of a username or e-mail address; null for everybody.</param>
public sealed record ListUsersQuery(int Limit = ListUsersQuery.DefaultLimit, string? Cursor = null, string? Q = null) : IQuery<UsersPage>
{
    public const int DefaultLimit = 20;
    public const int MaxLimit = 100;

    public override string ToString() => nameof(ListUsersQuery); // keeps addresses out of every log
}

/// <param name="Items">At most the limit.</param>
/// <param name="NextCursor">For the next page; null on the last.</param>
public sealed record UsersPage(IReadOnlyList<AccountView> Items, string? NextCursor);

internal sealed class ListUsersQueryValidator : AbstractValidator<ListUsersQuery>
{
    public ListUsersQueryValidator()
    {
        RuleFor(q => q.Limit).InclusiveBetween(1, ListUsersQuery.MaxLimit);
        RuleFor(q => q.Cursor).Must(c => c is null || Username.IsWellFormed(c)).WithMessage("This is no cursor of ours.");
        RuleFor(q => q.Q).MaximumLength(Email.MaxLength);
    }
}

internal sealed class ListUsersQueryHandler(IMusicGenDbContext db) : IRequestHandler<ListUsersQuery, Result<UsersPage>>
{
    [SuppressMessage("Globalization", "CA1309:Use ordinal string comparison", Justification = "It is SQL; both databases compare this column byte by byte.")]
    public async Task<Result<UsersPage>> Handle(ListUsersQuery query, CancellationToken ct)
    {
        // The cursor is the last username in the form that is unique, so pages neither overlap nor skip.
        var after = query.Cursor ?? string.Empty;
        var users = db.Users.AsNoTracking();
        if (query.Q?.Trim() is { Length: > 0 } text)
        {
            var pattern = $"%{Escape(text.ToLowerInvariant())}%"; // both columns hold small letters
            users = users.Where(u => EF.Functions.Like(u.UsernameKey, pattern, "\\") || EF.Functions.Like((string)(object)u.Email, pattern, "\\"));
        }

        var found = await users
            .Where(u => string.Compare(u.UsernameKey, after) > 0)
            .OrderBy(u => u.UsernameKey)
            .Take(query.Limit + 1)
            .ToListAsync(ct);
        var page = found.Take(query.Limit).ToList();
        return new UsersPage([.. page.Select(AccountView.Of)], found.Count > query.Limit ? page[^1].UsernameKey : null);
    }

    // What is sought is text, not a pattern; [ begins one on SQL Server only.
    private static string Escape(string text) => string.Concat(text.Select(c => c is '\\' or '%' or '_' or '[' ? $"\\{c}" : c.ToString()));
}
