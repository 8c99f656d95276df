using System.Text.RegularExpressions;

namespace MusicGen.Architecture;

/// <summary>The product's source as text, for rules that no type shows. Comments are blanked out; lines stay where they are.</summary>
internal static partial class Sources
{
    /// <summary>Each C# file of src by its path from the root, with slashes; generated ones and migrations left out.</summary>
    public static readonly IReadOnlyDictionary<string, string> CSharp = Read("*.cs");

    /// <summary>Each script of the page, the same way.</summary>
    public static readonly IReadOnlyDictionary<string, string> Scripts = Read("*.js");

    /// <summary>Where a pattern occurs: the file and what matched.</summary>
    public static IEnumerable<string> Find(this IReadOnlyDictionary<string, string> files, Regex pattern) =>
        files.SelectMany(f => pattern.Matches(f.Value).Select(m => $"{f.Key}: {m.Value.Trim()}")).Order(StringComparer.Ordinal);

    public static string WithoutComments(string text) => Comment().Replace(text, m => m.Groups["text"].Success ? m.Value : new string('\n', m.Value.Count(c => c == '\n')));

    private static Dictionary<string, string> Read(string pattern)
    {
        var root = Path.Combine(Solution.Root, "src");
        var files = Directory.EnumerateFiles(root, pattern, SearchOption.AllDirectories)
            .Select(f => (Path: Path.GetRelativePath(Solution.Root, f).Replace('\\', '/'), File: f))
            .Where(f => !f.Path.Contains("/obj/", StringComparison.Ordinal) && !f.Path.Contains("/bin/", StringComparison.Ordinal) && !f.Path.Contains("/Migrations/", StringComparison.Ordinal))
            .ToDictionary(f => f.Path, f => WithoutComments(File.ReadAllText(f.File)), StringComparer.Ordinal);
        Assert.True(files.Count > 30, $"Only {files.Count} files were found.");
        return files;
    }

    // Strings are matched so that what looks like a comment in one stays.
    [GeneratedRegex(@"(?<text>""(?:\\.|[^""\\\n])*""|'(?:\\.|[^'\\\n])*')|//[^\n]*|/\*.*?\*/", RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Comment();
}
