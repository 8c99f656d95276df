namespace MusicGen.Infrastructure.Inference;

/// <summary>A model's folder as operators see it.</summary>
/// <param name="Id">What requests name it by.</param>
/// <param name="Path">Of the folder.</param>
/// <param name="Licence">Of its weights.</param>
/// <param name="Problem">Why it isn't offered; null when it is.</param>
public sealed record InstalledModel(string Id, string Path, string Licence, string? Problem);

/// <summary>The checkpoints of this machine, those that can't be offered included, each with the reason.</summary>
public sealed class InstalledModels
{
    private readonly TorchMusicEngine? _engine;

    /// <param name="engine">Null where no engine runs.</param>
    internal InstalledModels(TorchMusicEngine? engine) => _engine = engine;

    /// <summary>All of them.</summary>
    public IReadOnlyList<InstalledModel> All => _engine is null
        ? []
        : [.. _engine.Folders.Select(f => new InstalledModel(f.Id, f.Path, f.Licence.Name, _engine.WhyNot(f)))];

    /// <summary>Why a model isn't offered, in words that say what to do next.</summary>
    public string WhyNot(string id) => All.FirstOrDefault(m => m.Id == id)?.Problem is { } problem
        ? $"{id}: {problem}"
        : $"There is no model {id} on this machine. See: models list";
}
