namespace MusicGen.Application.Nodes;

/// <summary>The devices of this machine that models compute on.</summary>
public interface IEngineDevices
{
    IReadOnlyList<DeviceState> Devices { get; }

    /// <summary>Loads a model ahead of its first song, on every device that has room for it without unloading what songs use.</summary>
    /// <exception cref="Generations.MusicGenerationException">No device can; the message may be shown to people.</exception>
    Task LoadAsync(string model, CancellationToken ct);

    /// <summary>Unloads a model from every device; false where a song uses it or it isn't loaded.</summary>
    Task<bool> UnloadAsync(string model, CancellationToken ct);
}

/// <summary>One device and what is on it.</summary>
/// <param name="Name">As in cpu or cuda:1.</param>
/// <param name="Engine">As tasks name it.</param>
/// <param name="MemoryLimit">Bytes that weights and caches may take.</param>
/// <param name="MemoryUsed">Bytes that they take.</param>
/// <param name="Songs">Under way and waiting.</param>
/// <param name="MostSongs">That share the passes of a model.</param>
/// <param name="Loaded">Ids of the models in memory.</param>
public sealed record DeviceState(string Name, string Engine, long MemoryLimit, long MemoryUsed, int Songs, int MostSongs, IReadOnlyList<string> Loaded);
