using System.CommandLine;
using System.Globalization;
using MediatR;
using MusicGen.Application.Nodes.ListQueues;
using MusicGen.Application.Nodes.PauseTier;
using MusicGen.Application.Nodes.ResumeTier;
using MusicGen.Domain;

namespace MusicGen.WebApi.CommandLine;

/// <summary>The tiers' queues of all nodes together.</summary>
internal static class QueueCommand
{
    public static Command Create(IReadOnlyDictionary<string, string> variables) => new("queue", "List the tiers' queues, pause and resume them.")
    {
        List(variables),
        OneTier(variables, "pause", "Let a tier's tasks wait; those that run are finished.", "is paused", tier => new PauseTierCommand(tier)),
        OneTier(variables, "resume", "Let the nodes take a tier's tasks again.", "goes on", tier => new ResumeTierCommand(tier)),
    };

    private static Command List(IReadOnlyDictionary<string, string> variables)
    {
        var command = new Command("list", "List queues: tier, standing, workers, waiting, running, models (waiting+running).");
        command.SetAction((_, ct) => OperatorHost.RunAsync(variables, async host =>
        {
            var queues = await host.SendAsync(new ListQueuesQuery(), ct);
            RowsOnConsole.Show(["tier", "standing", "workers", "waiting", "running", "models"], [.. queues.Items.Select(Row)], "There is no queue.");
            return Answer.Done;
        }, ct));
        return command;
    }

    private static IReadOnlyList<string> Row(TierQueueView queue) =>
    [
        queue.Tier, queue.Paused ? "paused" : "open", Text(queue.Workers), Text(queue.Waiting), Text(queue.Running),
        string.Join(", ", queue.Models.Select(m => $"{m.Model} {m.Waiting}+{m.Running}")),
    ];

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static Command OneTier(
        IReadOnlyDictionary<string, string> variables, string name, string description, string said, Func<string, IRequest<Result<None>>> request)
    {
        var tier = new Argument<string>("tier") { Description = "free, premium or enterprise." };
        tier.AcceptOnlyFromAmong("free", "premium", "pro", "enterprise");
        var command = new Command(name, description) { tier };
        command.SetAction((parsed, ct) => OperatorHost.RunAsync(variables, async host =>
        {
            await host.SendAsync(request(parsed.GetRequiredValue(tier)), ct);
            Console.WriteLine($"{parsed.GetRequiredValue(tier)} {said}");
            return Answer.Done;
        }, ct));
        return command;
    }
}
