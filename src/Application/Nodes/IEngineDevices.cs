using MusicGen.Application.Generations;

namespace MusicGen.Application.Nodes;

/// <summary>The devices of this machine that models compute on. What needs no device, as the composer, isn't known here.</summary>
public interface IEngineDevices
{
    /// <summary>None where there is no model to compute.</summary>
    IReadOnlyList<DeviceState> Devices { get; }

    /// <summary>A song came to a device or left it.</summary>
    event EventHandler? PlacesChanged;

    /// <summary>Songs of a model that could begin beside those under way and waiting; null where no device makes it.</summary>
    /// <remarks>Memory that other songs hold doesn't count: a song waits for it first come, first served, else its model would starve.</remarks>
    int? FreePlaces(string model);

    /// <summary>Loads a model ahead of its first song, on every device that has room for it without unloading what songs use.</summary>
    /// <param name="model">Its id.</param>
    /// <param name="ct">Stops the waiting; a device that has begun to load goes on.</param>
    /// <exception cref="MusicGenerationException">No device has it now, for a reason that people may read.</exception>
    Task LoadAsync(string model, CancellationToken ct);

    /// <summary>Unloads a model from every device.</summary>
    /// <param name="model">Its id.</param>
    /// <param name="ct">Stops the waiting.</param>
    /// <returns>False where a song uses it, or none had it: then nothing is unloaded.</returns>
    Task<bool> UnloadAsync(string model, CancellationToken ct);
}

/// <summary>A device and what it does at this moment.</summary>
/// <param name="Name">As in cpu or cuda:1.</param>
/// <param name="Engine">As tasks name it.</param>
/// <param name="MemoryLimit">Bytes that weights and caches may take together; <see cref="long.MaxValue"/> where nobody can say.</param>
/// <param name="MemoryUsed">Bytes that they take.</param>
/// <param name="Songs">Under way and waiting.</param>
/// <param name="MostSongs">That share passes; more of them wait.</param>
/// <param name="Loaded">Ids of models that answer without loading first.</param>
public sealed record DeviceState(string Name, string Engine, long MemoryLimit, long MemoryUsed, int Songs, int MostSongs, IReadOnlyList<string> Loaded);
