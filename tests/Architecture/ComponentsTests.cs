using System.Text.RegularExpressions;

namespace MusicGen.Architecture;

/// <summary>docs/components.md lists every package of the product and every lock, as they are.</summary>
public sealed partial class ComponentsTests
{
    private static readonly string Document = File.ReadAllText(Path.Combine(Solution.Root, "docs", "components.md"));

    [Fact]
    public void Every_direct_package_is_judged_and_no_other_is_listed()
    {
        var used = Directory.EnumerateFiles(Path.Combine(Solution.Root, "src"), "*.csproj", SearchOption.AllDirectories)
            .SelectMany(f => Reference().Matches(File.ReadAllText(f)).Select(m => m.Groups["name"].Value)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        var listed = Section("## Direct packages, and how they are looked at").Split('\n').Where(l => l.StartsWith("| `", StringComparison.Ordinal))
            .SelectMany(l => Quoted().Matches(l.Split('|')[1]).Select(m => m.Groups["name"].Value)).Order(StringComparer.Ordinal).ToList();

        Assert.True(used.Count > 40, "The search found too little.");
        Assert.Equal(used, listed);
    }

    [Fact]
    public void Packages_come_from_one_source_at_exact_versions_and_a_bill_can_be_made()
    {
        var config = File.ReadAllText(Path.Combine(Solution.Root, "nuget.config"));
        Assert.Equal(["https://api.nuget.org/v3/index.json"], Source().Matches(config).Select(m => m.Groups["url"].Value));
        Assert.Matches(@"<packageSources>\s*<clear />", config);
        Assert.Matches(@"<packageSourceMapping>\s*<clear />\s*<packageSource key=""nuget\.org"">\s*<package pattern=""\*"" />", config);
        Assert.Equal(["nuget.config"], Directory.EnumerateFiles(Solution.Root, "*", SearchOption.TopDirectoryOnly).Select(Path.GetFileName).Where(f => f!.Equals("nuget.config", StringComparison.OrdinalIgnoreCase)));

        var versions = Version().Matches(File.ReadAllText(Path.Combine(Solution.Root, "Directory.Packages.props"))).Select(m => m.Groups["version"].Value).ToList();
        Assert.True(versions.Count > 60, "The search found too little.");
        Assert.DoesNotContain(versions, v => v.Contains('*', StringComparison.Ordinal) || v.Contains(',', StringComparison.Ordinal));

        Assert.Contains("\"cyclonedx\"", File.ReadAllText(Path.Combine(Solution.Root, ".config", "dotnet-tools.json")), StringComparison.Ordinal);
        var command = Assert.Single(Document.Split('\n'), l => l.StartsWith("dotnet dotnet-CycloneDX ", StringComparison.Ordinal));
        Assert.Contains(command, File.ReadAllText(Path.Combine(Solution.Root, ".ci", "run")), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_lock_is_listed_and_no_other_is()
    {
        var used = Sources.CSharp.SelectMany(f => Lock().Matches(f.Value).Select(m => $"`{f.Key}` `{m.Groups["name"].Value}`")).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
        var listed = Section("## Locks").Split('\n').Where(l => l.StartsWith("| `", StringComparison.Ordinal)).Select(l => l.Split('|')[1].Trim()).Order(StringComparer.Ordinal);

        Assert.Equal(used, listed);
        Assert.Matches(Lock(), "private readonly Lock _gate = new();");
        Assert.Matches(Lock(), "private readonly SemaphoreSlim _gate = new(1);");
        Assert.Empty(Sources.CSharp.Find(Other()));
        Assert.Matches(Other(), "Monitor.Enter(this)");
        Assert.Matches(Other(), "new ReaderWriterLockSlim()");
    }

    // The text of a lock's block names no other lock: the whole proof that there is no order to keep.
    [Fact]
    public void No_lock_is_taken_inside_another()
    {
        var nested = Sources.CSharp.SelectMany(f => Blocks(f.Value).Where(b => Taking().IsMatch(b)).Select(_ => f.Key)).ToList();

        Assert.Empty(nested);
        Assert.True(Sources.CSharp.Values.Sum(t => Blocks(t).Count()) >= 12, "The search found too few.");
        Assert.Contains(Blocks("lock (_a) { lock (_b) { x(); } }"), b => Taking().IsMatch(b));
    }

    private static IEnumerable<string> Blocks(string text)
    {
        foreach (Match take in Block().Matches(text))
        {
            var (depth, at) = (0, take.Index + take.Length);
            var end = at;
            for (; end < text.Length; end++)
            {
                if (text[end] == '{')
                    depth++;
                else if (text[end] == '}' && --depth <= 0)
                    break;
                else if (text[end] == ';' && depth == 0)
                    break;
            }

            yield return text[at..end];
        }
    }

    private static string Section(string heading) => Document.Split(heading + "\n")[1].Split("\n## ")[0];

    [GeneratedRegex("PackageReference Include=\"(?<name>[^\"]+)\"", RegexOptions.ExplicitCapture)]
    private static partial Regex Reference();

    [GeneratedRegex("`(?<name>[^`]+)`", RegexOptions.ExplicitCapture)]
    private static partial Regex Quoted();

    [GeneratedRegex("<add key=\"[^\"]+\" value=\"(?<url>[^\"]+)\"", RegexOptions.ExplicitCapture)]
    private static partial Regex Source();

    [GeneratedRegex("<(?:PackageVersion|GlobalPackageReference) Include=\"[^\"]+\" Version=\"(?<version>[^\"]+)\"", RegexOptions.ExplicitCapture)]
    private static partial Regex Version();

    [GeneratedRegex(@"\b(?:Lock|SemaphoreSlim) (?<name>\w+)\s*(?:=|;)", RegexOptions.ExplicitCapture)]
    private static partial Regex Lock();

    [GeneratedRegex(@"\bMonitor\.|\bMutex\b|ReaderWriterLock|SpinLock|\bnew Semaphore\(|MethodImplOptions\.Synchronized|lock \((?!_)(?!Loading\b)")]
    private static partial Regex Other();

    [GeneratedRegex(@"\block \(\w+\)")]
    private static partial Regex Block();

    [GeneratedRegex(@"\block \(|\.Wait(?:Async)?\(")]
    private static partial Regex Taking();
}
