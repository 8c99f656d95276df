using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;
using MusicGen.Domain.Generations;

namespace MusicGen.Application.Generations.ListGenerations;

/// <summary>The caller's tasks, newest first.</summary>
/// <param name="Limit">1 to 100; 20 when absent.</param>
/// <param name="Cursor">The earlier page's <c>next_cursor</c>.</param>
/// <param name="Status">A status by its wire name; all when absent.</param>
public sealed record ListGenerationsQuery(int? Limit = null, string? Cursor = null, string? Status = null) : IQuery<GenerationPage>;

/// <summary>A page of tasks; <paramref name="NextCursor"/> is null on the last.</summary>
public sealed record GenerationPage(IReadOnlyList<GenerationView> Items, string? NextCursor);

internal sealed class ListGenerationsQueryValidator : AbstractValidator<ListGenerationsQuery>
{
    internal const int MaxLimit = 100;

    public ListGenerationsQueryValidator()
    {
        RuleFor(q => q.Limit).InclusiveBetween(1, MaxLimit);
        RuleFor(q => q.Cursor).Must(c => c is null || PageCursor.TryParse(c, out _)).WithMessage("'cursor' must be an earlier answer's next_cursor.");
        RuleFor(q => q.Status).Must(s => s is null || ListGenerationsQueryHandler.StatusByName.ContainsKey(s))
            .WithMessage($"'status' must be one of {string.Join(", ", ListGenerationsQueryHandler.StatusByName.Keys)}.");
    }
}

internal sealed class ListGenerationsQueryHandler(IMusicGenDbContext db, GenerationViews views, ICurrentUser caller)
    : IRequestHandler<ListGenerationsQuery, Result<GenerationPage>>
{
    internal static readonly Dictionary<string, GenerationStatus> StatusByName =
        Enum.GetValues<GenerationStatus>().ToDictionary(GenerationView.NameOf, s => s, StringComparer.Ordinal);

    private const int DefaultLimit = 20;

    public async Task<Result<GenerationPage>> Handle(ListGenerationsQuery query, CancellationToken ct)
    {
        var (user, limit) = (caller.Required, query.Limit ?? DefaultLimit);
        var tasks = db.Generations.AsNoTracking().Where(g => g.UserId == user);
        if (query.Status is { } name)
        {
            var status = StatusByName[name];
            tasks = tasks.Where(g => g.Status == status);
        }

        if (PageCursor.TryParse(query.Cursor, out var after))
            tasks = tasks.Where(g => g.CreatedAt < after.CreatedAt || (g.CreatedAt == after.CreatedAt && g.Id < after.Id));

        var page = await tasks.OrderByDescending(g => g.CreatedAt).ThenByDescending(g => g.Id).Take(limit + 1).ToListAsync(ct);
        var next = page.Count > limit ? PageCursor.After(page[limit - 1]).ToString() : null;
        return new GenerationPage(await views.OfAsync(page.Take(limit).ToList(), ct), next);
    }
}
