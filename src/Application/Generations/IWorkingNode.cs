using MusicGen.Domain.Generations;

namespace MusicGen.Application.Generations;

/// <summary>What this node does with the tasks that its workers take, as a node among others.</summary>
public interface IWorkingNode
{
    /// <summary>Whether it leaves a waiting task to others: it couldn't make it, or not its model, and another living node may.</summary>
    bool Leaves(Generation task);

    /// <summary>Notes a fault of its own, after which a task goes back to its queue.</summary>
    /// <returns>False where no other node could do better: then the task has failed.</returns>
    bool TryLeave(Generation task, NodeFault fault, string problem);

    /// <summary>Hears that a task's song is with its engine, which counts it among those that take its places.</summary>
    void HandToEngine(GenerationId id);
}
