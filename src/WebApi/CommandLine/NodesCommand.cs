using System.CommandLine;
using System.Globalization;
using MediatR;
using MusicGen.Application.Nodes.DrainNode;
using MusicGen.Application.Nodes.ListNodes;
using MusicGen.Application.Nodes.LoadModel;
using MusicGen.Application.Nodes.ResumeNode;
using MusicGen.Application.Nodes.UnloadModel;
using MusicGen.Domain;

namespace MusicGen.WebApi.CommandLine;

/// <summary>The nodes of the service, beside any of them: what is ordered they follow within two seconds.</summary>
internal static class NodesCommand
{
    public static Command Create(IReadOnlyDictionary<string, string> variables) => new("nodes", "List the nodes of the service, and say what they shall do.")
    {
        List(variables),
        OneNode(variables, "drain", "Have a node take no new task, also after a restart.", "takes no new task; it finishes those that it has", node => new DrainNodeCommand(node)),
        OneNode(variables, "resume", "Let it take tasks again.", "takes tasks again", node => new ResumeNodeCommand(node)),
        OneModel(variables, "load", "Have a node load a model ahead of its first song.", "is told to load", (node, model) => new LoadModelCommand(node, model)),
        OneModel(variables, "unload", "Have a node unload a model as soon as no song uses it.", "is told to unload", (node, model) => new UnloadModelCommand(node, model)),
    };

    private static Command List(IReadOnlyDictionary<string, string> variables)
    {
        var command = new Command("list", "List nodes: name, role, version, standing, tasks, devices, models (* loaded), problems.");
        command.SetAction((_, ct) => OperatorHost.RunAsync(variables, async host =>
        {
            var nodes = await host.SendAsync(new ListNodesQuery(), ct);
            RowsOnConsole.Show(
                ["name", "role", "version", "standing", "tasks", "devices", "models", "problems"], [.. nodes.Items.Select(Row), .. nodes.ForgottenToDrain.Select(ForgottenRow)], "No node runs.");
            return Answer.Done;
        }, ct));
        return command;
    }

    private static IReadOnlyList<string> Row(NodeView node) =>
    [
        node.Name, node.Role, node.Version,
        node.Left ? string.Create(CultureInfo.InvariantCulture, $"left {node.SilentSeconds:0} s ago")
            : !node.Alive ? string.Create(CultureInfo.InvariantCulture, $"lost for {node.SilentSeconds:0} s")
            : node.Draining ? "draining" : "alive",
        string.Create(CultureInfo.InvariantCulture, $"{node.Tasks.Count} of {node.Workers.Values.Sum()}"),
        string.Join(", ", node.Devices.Select(d => string.Create(CultureInfo.InvariantCulture, $"{d.Name} {d.MemoryUsed / 1e9:0.0}{(d.MemoryLimit is { } limit ? $" of {limit / 1e9:0.0}" : string.Empty)} GB"))),
        string.Join(", ", node.Models.Select(m => $"{m.Id}{(m.Loaded ? "*" : string.Empty)}{(m.Ordered is null ? string.Empty : $" ({m.Ordered} ordered)")}")),
        string.Join(' ', node.Problems),
    ];

    // Only that an order waits for it is known.
    private static IReadOnlyList<string> ForgottenRow(string name) => [name, string.Empty, string.Empty, "forgotten, to drain", .. Enumerable.Repeat(string.Empty, 4)];

    private static Command OneNode(
        IReadOnlyDictionary<string, string> variables, string name, string description, string said, Func<string, IRequest<Result<None>>> request)
    {
        var node = Node();
        var command = new Command(name, description) { node };
        command.SetAction((parsed, ct) => OperatorHost.RunAsync(variables, async host =>
        {
            await host.SendAsync(request(parsed.GetRequiredValue(node)), ct);
            Console.WriteLine($"{parsed.GetRequiredValue(node)} {said}");
            return Answer.Done;
        }, ct));
        return command;
    }

    private static Command OneModel(
        IReadOnlyDictionary<string, string> variables, string name, string description, string said, Func<string, string, IRequest<Result<None>>> request)
    {
        var node = Node();
        var model = new Argument<string>("model") { Description = "As `nodes list` shows it." };
        var command = new Command(name, description) { node, model };
        command.SetAction((parsed, ct) => OperatorHost.RunAsync(variables, async host =>
        {
            await host.SendAsync(request(parsed.GetRequiredValue(node), parsed.GetRequiredValue(model)), ct);
            Console.WriteLine($"{parsed.GetRequiredValue(node)} {said} {parsed.GetRequiredValue(model)}; `nodes list` shows how that goes");
            return Answer.Done;
        }, ct));
        return command;
    }

    private static Argument<string> Node() => new("name") { Description = "As `nodes list` shows it." };
}
