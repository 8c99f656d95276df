using MusicGen.Application.Generations;
using MusicGen.Application.Nodes;

namespace MusicGen.Infrastructure.Inference;

/// <summary>Of a node that makes no music.</summary>
internal sealed class NoDevices : IEngineDevices
{
    public IReadOnlyList<DeviceState> Devices => [];

    public event EventHandler? PlacesChanged
    {
        add { }
        remove { }
    }

    public int? FreePlaces(string model) => null;

    public Task LoadAsync(string model, CancellationToken ct) => throw new MusicGenerationException("This node makes no music.");

    public Task<bool> UnloadAsync(string model, CancellationToken ct) => Task.FromResult(false);
}
