using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using MusicGen.Application.Nodes;
using MusicGen.Domain.Generations;
using MusicGen.Infrastructure.Generations;

namespace MusicGen.Infrastructure.Nodes;

/// <summary>
/// What this node couldn't make and leaves to others for a while: single tasks that its memory is too small for, and models that
/// it can't load. Only while another node takes tasks of the model, and hasn't failed with the task itself; else this one tries again.
/// </summary>
internal sealed class LeftTasks(INodeRegistry registry, TriedNodes tried, IOptions<NodeOptions> node, TimeProvider time)
{
    /// <summary>What keeps a model from being loaded may have gone by then.</summary>
    private static readonly TimeSpan ModelsLeft = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<GenerationId, DateTimeOffset> _tasks = [];
    private readonly ConcurrentDictionary<string, (DateTimeOffset Until, string Problem)> _models = new(StringComparer.Ordinal);

    /// <summary>Models that it leaves to others now, each with the reason, in words for operators.</summary>
    public IReadOnlyList<string> Problems =>
        [.. _models.Where(m => IsLeft(m.Key)).OrderBy(m => m.Key, StringComparer.Ordinal).Select(m => $"{m.Key}: left to other nodes until {m.Value.Until:HH:mm:ss} UTC. {m.Value.Problem}")];

    /// <summary>Whether it leaves a model's tasks to others now.</summary>
    public bool IsLeft(string model) => _models.TryGetValue(model, out var left) && left.Until > time.GetUtcNow() && Others(model).Any();

    /// <summary>The node that a task of those that it couldn't make goes to; null for tasks that any node may take.</summary>
    public string? NodeFor(Generation task) => _tasks.TryGetValue(task.Id, out var until) && until > time.GetUtcNow() ? Best(task) : null;

    /// <summary>Whether a node takes tasks.</summary>
    public bool Takes(string name) => registry.Board.Nodes.Any(n => n.State.Name == name && n.TakesTasks);

    /// <summary>Leaves a task to others; false where there are none.</summary>
    public bool TryLeave(Generation task)
    {
        var now = time.GetUtcNow();
        foreach (var old in _tasks.Where(t => t.Value <= now))
            _tasks.TryRemove(old);
        _tasks[task.Id] = now + TriedNodes.Kept;
        tried.Add(task.Id, node.Value.Name);
        return Best(task) is not null;
    }

    /// <summary>Leaves a model to others; false where there are none.</summary>
    public bool TryLeave(string model, string problem)
    {
        _models[model] = (time.GetUtcNow() + ModelsLeft, problem);
        return IsLeft(model);
    }

    /// <summary>Makes a model itself again: somebody loaded it.</summary>
    public void TakeAgain(string model) => _models.TryRemove(model, out _);

    // The most memory first, since that is what was lacking here.
    private string? Best(Generation task)
    {
        var others = Others(task.Model).ToList();
        var failed = others.Count == 0 ? [] : tried.Of(task.Id);
        return others.Where(n => !failed.Contains(n.State.Name))
            .OrderByDescending(n => n.State.Devices.Select(d => d.MemoryLimit).DefaultIfEmpty().Max())
            .ThenBy(n => n.State.Tasks.Count)
            .FirstOrDefault()?.State.Name;
    }

    private IEnumerable<KnownNode> Others(string model) =>
        registry.Board.Nodes.Where(n => n.TakesTasks && n.State.Name != node.Value.Name && n.State.Models.Any(m => m.Id == model));
}
