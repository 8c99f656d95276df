using System.CommandLine;
using System.Globalization;
using MediatR;
using MusicGen.Application.Generations;
using MusicGen.Application.Generations.CancelTask;
using MusicGen.Application.Generations.RequeueTask;
using MusicGen.Application.Nodes.ListTasks;
using MusicGen.Domain;

namespace MusicGen.WebApi.CommandLine;

/// <summary>Everybody's tasks: what becomes of them, not what they say.</summary>
internal static class TasksCommand
{
    private const int DefaultCount = 20;

    public static Command Create(IReadOnlyDictionary<string, string> variables) => new("tasks", "List everybody's tasks, cancel one or have it tried again.")
    {
        List(variables),
        OneTask(variables, "cancel", "Stop a task; its owner gets back what they would get had they done it.", id => new CancelTaskCommand(id)),
        OneTask(variables, "requeue", "Have a task tried again that failed, or that runs and is taken from its worker.", id => new RequeueTaskCommand(id)),
    };

    private static Command List(IReadOnlyDictionary<string, string> variables)
    {
        var status = new Option<string>("--status") { Description = "waiting, running, failed or all.", DefaultValueFactory = _ => "all" };
        var count = new Option<int>("--count") { Description = "How many.", DefaultValueFactory = _ => DefaultCount };
        var order = new Option<string>("--order") { Description = "Which come first: newest or oldest.", DefaultValueFactory = _ => ListTasksQuery.Newest };
        order.AcceptOnlyFromAmong(ListTasksQuery.Newest, ListTasksQuery.Oldest);
        status.AcceptOnlyFromAmong("waiting", "running", "failed", "all");
        count.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 1)
                result.AddError("--count must be 1 or more");
        });
        var command = new Command("list", "List tasks: id, owner's id, tier, model, status, node, attempts, when, reason.") { status, count, order };
        command.SetAction((parsed, ct) => OperatorHost.RunAsync(variables, async host =>
        {
            var rows = new List<IReadOnlyList<string>>();
            string? cursor = null;
            do
            {
                var left = parsed.GetValue(count) - rows.Count;
                var page = await host.SendAsync(new ListTasksQuery(Math.Min(left, ListTasksQuery.MaxLimit), cursor, parsed.GetValue(status), parsed.GetValue(order)), ct);
                rows.AddRange(page.Items.Select(Row));
                cursor = page.NextCursor;
            }
            while (cursor is not null && rows.Count < parsed.GetValue(count));
            RowsOnConsole.Show(["task", "user", "tier", "model", "status", "node", "attempts", "created", "reason"], rows, "There is no such task.");
            return Answer.Done;
        }, ct));
        return command;
    }

    private static IReadOnlyList<string> Row(TaskView task) =>
    [
        task.TaskId, task.UserId, task.Tier, task.Model,
        task.Status == "processing" ? string.Create(CultureInfo.InvariantCulture, $"{task.Status} {task.Progress:P0}") : task.Status,
        task.Node ?? "-", task.Attempts.ToString(CultureInfo.InvariantCulture), task.CreatedAt.ToString("u", CultureInfo.InvariantCulture),
        task.Error?.Message ?? string.Empty,
    ];

    private static Command OneTask(IReadOnlyDictionary<string, string> variables, string name, string description, Func<string, IRequest<Result<OperatedTask>>> request)
    {
        var id = new Argument<string>("id") { Description = "As `tasks list` shows it." };
        var command = new Command(name, description) { id };
        command.SetAction((parsed, ct) => OperatorHost.RunAsync(variables, async host =>
        {
            var task = await host.SendAsync(request(parsed.GetRequiredValue(id)), ct);
            Console.WriteLine($"{task.TaskId}\t{task.Status}");
            return Answer.Done;
        }, ct));
        return command;
    }
}
