using MusicGen.Domain.Identity;
using StackExchange.Redis;

namespace MusicGen.Integration.Support;

/// <summary>A test of nodes of one service: they share a database, a folder of sound and a user who asks, and end with the test.</summary>
public abstract class NodesOfOneService : IAsyncLifetime
{
    private protected string Folder { get; } = Directory.CreateTempSubdirectory("musicgen-nodes-").FullName;

    private protected UserId User { get; } = UserId.New(DateTimeOffset.UtcNow);

    private protected List<GenerationNode> Nodes { get; } = [];

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        foreach (var node in Nodes)
            await node.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>Waits, for half a minute at most.</summary>
    private protected static async Task UntilAsync(Func<bool> isSo)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!isSo())
            await Task.Delay(50, patience.Token);
    }

    /// <summary>One node more; the first makes the database.</summary>
    private protected async Task<GenerationNode> AddAsync(IConnectionMultiplexer redis, StagedEngine? engine = null, TimeSpan? grace = null, TimeSpan? modelMemory = null)
    {
        var node = new GenerationNode(redis, Folder, User, engine ?? new StagedEngine(), grace, modelMemory);
        Nodes.Add(node);
        if (Nodes.Count == 1)
            await node.CreateDatabaseAsync();
        return node;
    }
}
