namespace MusicGen.Integration.Inference;

/// <summary>A folder as MODEL_PATH names it, with copies of the small checkpoints that tests may spoil.</summary>
internal sealed class ModelFolders : IDisposable
{
    public ModelFolders(params string[] names)
    {
        foreach (var name in names)
            Add(name, $"acme/{name}");
    }

    public string Path { get; } = Directory.CreateTempSubdirectory("musicgen-models-").FullName;

    /// <summary>Copies a checkpoint under an id.</summary>
    public string Add(string name, string id)
    {
        var folder = System.IO.Path.Combine(Path, id);
        Directory.CreateDirectory(folder);
        foreach (var file in Directory.EnumerateFiles(Reference.FolderOf(name)).Where(f => !System.IO.Path.GetFileName(f).StartsWith("expected", StringComparison.Ordinal)))
            File.Copy(file, System.IO.Path.Combine(folder, System.IO.Path.GetFileName(file)));
        return folder;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
