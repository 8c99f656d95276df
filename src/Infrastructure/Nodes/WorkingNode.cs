using Microsoft.Extensions.Logging;
using MusicGen.Application.Generations;
using MusicGen.Domain.Generations;
using MusicGen.Infrastructure.Generations;

namespace MusicGen.Infrastructure.Nodes;

internal sealed class WorkingNode(LeftTasks left, OpenQueues queues, StoreWait store, ILogger<WorkingNode> logger) : IWorkingNode
{
    public bool Leaves(Generation task) => left.IsLeft(task.Model) || left.NodeFor(task) is not null;

    public bool TryLeave(Generation task, NodeFault fault, string problem)
    {
        switch (fault)
        {
            case NodeFault.Memory:
                return left.TryLeave(task);
            case NodeFault.Model:
                if (!left.TryLeave(task.Model, problem))
                    return false;
                queues.Close(task.Model);
                LeftLog.Model(logger, task.Model, problem);
                return true;
            case NodeFault.Store:
                store.Begin(); // no other is asked: where none has the store either, tasks wait until it is back
                return true;
            default:
                throw new ArgumentOutOfRangeException(nameof(fault), fault, "There is no such fault.");
        }
    }

    public void HandToEngine(GenerationId id) => queues.Arrived(id);
}

internal static partial class LeftLog
{
    [LoggerMessage(6010, LogLevel.Error, "Tasks for {Model} are left to other nodes for five minutes: {Problem}")]
    public static partial void Model(ILogger logger, string model, string problem);

    [LoggerMessage(6011, LogLevel.Error, "Sound can't be read or kept; this node takes no tasks until it can")]
    public static partial void StoreAway(ILogger logger);

    [LoggerMessage(6012, LogLevel.Information, "Sound can be kept again; this node takes tasks")]
    public static partial void StoreBack(ILogger logger);

    [LoggerMessage(6013, LogLevel.Debug, "Sound can't be kept yet")]
    public static partial void StoreStillAway(ILogger logger, Exception exception);
}
