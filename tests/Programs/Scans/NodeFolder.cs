namespace MusicGen.Programs.Scans;

/// <summary>A folder with one package of npm, without its install scripts, which would fetch lists.</summary>
internal sealed class NodeFolder : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("musicgen-node-").FullName;
    private readonly string _node = Tool.Need("node", "apt-get install nodejs npm (20 or later)");

    public string PackageFolder(string package) => Path.Combine(_folder, "node_modules", package);

    public async Task InstallAsync(string package)
    {
        var (code, output) = await Tool.RunAsync(
            Tool.Need("npm", "apt-get install nodejs npm"), _folder, new Dictionary<string, string>(), TimeSpan.FromMinutes(5), "install", "--ignore-scripts", "--no-audit", "--no-fund", package);
        if (code != 0)
            throw new ToolMissingException($"npm can't install {package}: {output}");
    }

    /// <summary>Runs an ES module that is given as text.</summary>
    /// <returns>What it printed.</returns>
    public async Task<string> RunAsync(string script, IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "run.mjs"), script);
        var (code, output) = await Tool.RunAsync(_node, _folder, environment, TimeSpan.FromMinutes(5), ["run.mjs", .. arguments]);
        return code == 0 ? output : throw new InvalidOperationException($"The scanner failed: {output}");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
