namespace MusicGen.Application.Generations;

/// <summary>What music can be made with.</summary>
public interface IModelCatalogue
{
    /// <summary>All models, the default first.</summary>
    IReadOnlyList<MusicModel> Models { get; }

    /// <summary>The model of that id, or the default where <paramref name="id"/> is null; null when there is none.</summary>
    MusicModel? Find(string? id);
}
