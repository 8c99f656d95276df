namespace MusicGen.WebApi.Configuration;

/// <summary>Where the program lies, and what it belongs to.</summary>
internal static class ProgramFolder
{
    /// <summary>The application's own folder: wwwroot is here under <c>dotnet run</c> and when published.</summary>
    public static string Path { get; } = AppContext.BaseDirectory;

    /// <summary>The repository that the program was built in, else its own folder: <c>.env</c> and <c>data/</c> are looked for here.</summary>
    public static string Home { get; } = HomeOf(Path);

    /// <summary>The nearest folder upwards that holds MusicGen.sln, else the folder itself.</summary>
    public static string HomeOf(string folder)
    {
        for (var parent = new DirectoryInfo(folder); parent is not null; parent = parent.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(parent.FullName, "MusicGen.sln")))
                return parent.FullName;
        }

        return folder;
    }
}
