using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Generations;
using MusicGen.Application.Generations.ListGenerations;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;
using MusicGen.Domain.Generations;

namespace MusicGen.Application.Nodes.ListTasks;

/// <summary>Everybody's tasks: what they are and what became of them, never what they say.</summary>
/// <param name="Limit">1 to 100; 20 when absent.</param>
/// <param name="Cursor">The earlier page's <c>next_cursor</c>.</param>
/// <param name="Status">waiting, running, failed or all, which it is when absent.</param>
/// <param name="Order">Which come first: newest, which it is when absent, or oldest.</param>
public sealed record ListTasksQuery(int? Limit = null, string? Cursor = null, string? Status = null, string? Order = null) : IQuery<TaskPage>
{
    public const int MaxLimit = 100;
    public const string Newest = "newest";
    public const string Oldest = "oldest";
}

/// <summary>A page of tasks; <paramref name="NextCursor"/> is null on the last.</summary>
public sealed record TaskPage(IReadOnlyList<TaskView> Items, string? NextCursor);

internal sealed class ListTasksQueryValidator : AbstractValidator<ListTasksQuery>
{
    public ListTasksQueryValidator()
    {
        RuleFor(q => q.Limit).InclusiveBetween(1, ListTasksQuery.MaxLimit);
        RuleFor(q => q.Cursor).Must(c => c is null || PageCursor.TryParse(c, out _)).WithMessage("'cursor' must be an earlier answer's next_cursor.");
        RuleFor(q => q.Status).Must(s => s is null || ListTasksQueryHandler.StatusByName.ContainsKey(s))
            .WithMessage($"'status' must be one of {string.Join(", ", ListTasksQueryHandler.StatusByName.Keys)}.");
        RuleFor(q => q.Order).Must(o => o is null or ListTasksQuery.Newest or ListTasksQuery.Oldest)
            .WithMessage($"'order' must be {ListTasksQuery.Newest} or {ListTasksQuery.Oldest}.");
    }
}

internal sealed class ListTasksQueryHandler(IMusicGenDbContext db, INodeRegistry nodes, IGenerationProgress progress)
    : IRequestHandler<ListTasksQuery, Result<TaskPage>>
{
    internal static readonly Dictionary<string, GenerationStatus?> StatusByName = new(StringComparer.Ordinal)
    {
        ["waiting"] = GenerationStatus.Pending,
        ["running"] = GenerationStatus.Processing,
        ["failed"] = GenerationStatus.Failed,
        ["all"] = null,
    };

    private const int DefaultLimit = 20;

    public async Task<Result<TaskPage>> Handle(ListTasksQuery query, CancellationToken ct)
    {
        var limit = query.Limit ?? DefaultLimit;
        var tasks = db.Generations.AsNoTracking();
        if (StatusByName[query.Status ?? "all"] is { } status)
            tasks = tasks.Where(g => g.Status == status);
        PageCursor? after = PageCursor.TryParse(query.Cursor, out var cursor) ? cursor : null;

        var found = await (query.Order == ListTasksQuery.Oldest ? OldestFirst(tasks, after) : NewestFirst(tasks, after)).Take(limit + 1).ToListAsync(ct);
        var board = await nodes.ReadAsync(ct);
        var views = new List<TaskView>(limit);
        foreach (var task in found.Take(limit))
            views.Add(TaskView.Of(task, await StepsOfAsync(task, ct), NodeOf(task, board)));
        return new TaskPage(views, found.Count > limit ? PageCursor.After(found[limit - 1]).ToString() : null);
    }

    private static IQueryable<Generation> NewestFirst(IQueryable<Generation> tasks, PageCursor? after) =>
        (after is { } last ? tasks.Where(g => g.CreatedAt < last.CreatedAt || (g.CreatedAt == last.CreatedAt && g.Id < last.Id)) : tasks)
        .OrderByDescending(g => g.CreatedAt).ThenByDescending(g => g.Id);

    private static IQueryable<Generation> OldestFirst(IQueryable<Generation> tasks, PageCursor? after) =>
        (after is { } last ? tasks.Where(g => g.CreatedAt > last.CreatedAt || (g.CreatedAt == last.CreatedAt && g.Id > last.Id)) : tasks)
        .OrderBy(g => g.CreatedAt).ThenBy(g => g.Id);

    private async Task<StepsDone> StepsOfAsync(Generation task, CancellationToken ct) => task.Status == GenerationStatus.Processing
        ? await progress.GetAsync(task.Id, ct) ?? default
        : new StepsDone(task.StepsDone, task.StepsTotal);

    // A lost node's last word tells whose the task was; where another has it since, that one counts.
    private static string? NodeOf(Generation task, NodeBoard board)
    {
        var id = task.Id.ToString();
        return task.Status == GenerationStatus.Processing
            ? board.Nodes.OrderBy(n => n.Silence).FirstOrDefault(n => n.State.Tasks.Contains(id, StringComparer.Ordinal))?.State.Name
            : null;
    }
}
