using System.Text.RegularExpressions;
using MusicGen.WebApi.Configuration;

namespace MusicGen.Integration.Support;

/// <summary>The tests as text, to ask whether they can fail.</summary>
internal static partial class TestSources
{
    /// <summary>All files of all test projects.</summary>
    public static IReadOnlyList<string> Read() =>
    [
        .. Directory.EnumerateFiles(Path.Combine(ProgramFolder.Home, "tests"), "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.Split(Path.DirectorySeparatorChar).Any(folder => folder is "bin" or "obj"))
            .Select(File.ReadAllText),
    ];

    /// <summary>Every test, and those among them that assert nothing, neither themselves nor by a method that they call.</summary>
    public static (IReadOnlyList<string> All, IReadOnlyList<string> Idle) Judge(IReadOnlyList<string> files)
    {
        var methods = files.SelectMany(Methods).ToList();
        var asserting = methods.Where(m => m.Body.Contains("Assert.", StringComparison.Ordinal)).Select(m => m.Name).ToHashSet();
        while (methods.Where(m => !asserting.Contains(m.Name) && Calls(m.Body).Any(asserting.Contains)).Select(m => m.Name).ToList() is { Count: > 0 } more)
            asserting.UnionWith(more);

        var tests = methods.Where(m => m.IsTest).ToList();
        return ([.. tests.Select(t => t.Name)], [.. tests.Where(t => !asserting.Contains(t.Name) && !Asserts(t.Body)).Select(t => t.Name)]);
    }

    // The body of a test that has the name of a helper elsewhere is judged by itself.
    private static bool Asserts(string body) => body.Contains("Assert.", StringComparison.Ordinal);

    private static IEnumerable<string> Calls(string body) => Call().Matches(body).Select(m => m.Groups["name"].Value);

    private static IEnumerable<Method> Methods(string text)
    {
        foreach (Match match in Signature().Matches(text))
        {
            var attributes = match.Groups["attributes"].Value;
            var start = match.Index + match.Length;
            yield return new Method(match.Groups["name"].Value, Body(text, start), attributes.Contains("[Fact", StringComparison.Ordinal) || attributes.Contains("[Theory", StringComparison.Ordinal));
        }
    }

    /// <summary>From the first brace to its own end, or an expression to its semicolon.</summary>
    private static string Body(string text, int start)
    {
        var (depth, hasBlock) = (0, false);
        for (var i = start; i < text.Length; i++)
        {
            depth += text[i] switch { '{' or '(' => 1, '}' or ')' => -1, _ => 0 };
            hasBlock |= text[i] == '{' && depth == 1;
            if (depth == 0 && (text[i] == ';' || (text[i] == '}' && hasBlock && !text.AsSpan(start, i - start).TrimStart().StartsWith("=>"))))
                return text[start..i];
        }

        return text[start..];
    }

    private sealed record Method(string Name, string Body, bool IsTest);

    [GeneratedRegex(@"(?<attributes>(?:^[ \t]+\[[^\n]*\][ \t]*\n)*)^[ \t]+(?:public|private|internal|protected)[^\n=;(]*?[ ](?<name>\w+)(?:<\w+>)?\((?<parameters>(?:[^()]|\([^()]*\))*)\)", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Signature();

    [GeneratedRegex(@"(?<name>\w+)(?:<[^<>()]*>)?\(", RegexOptions.ExplicitCapture)]
    private static partial Regex Call();
}
