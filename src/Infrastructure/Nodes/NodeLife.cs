namespace MusicGen.Infrastructure.Nodes;

/// <summary>
/// Whether this node is on its way out. It takes no new task then and says that it isn't ready; what it serves otherwise
/// goes on until its host stops.
/// </summary>
public sealed class NodeLife : IDisposable
{
    private readonly CancellationTokenSource _leaving = new();

    /// <summary>Cancelled at the first sign of a stop.</summary>
    public CancellationToken Leaving => _leaving.Token;

    public bool IsLeaving => _leaving.IsCancellationRequested;

    public void Leave() => _leaving.Cancel();

    public void Dispose() => _leaving.Dispose();
}
