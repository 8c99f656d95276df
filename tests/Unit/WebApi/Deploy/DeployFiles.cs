using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MusicGen.WebApi.Configuration;
using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace MusicGen.Unit.WebApi.Deploy;

/// <summary>The files of <c>deploy/</c> and what they must agree with.</summary>
internal static partial class DeployFiles
{
    public static readonly string Root = ProgramFolder.HomeOf(AppContext.BaseDirectory);

    /// <summary>Seconds that a stopping server waits for requests where nothing else is said.</summary>
    public static readonly int ShutdownGrace = int.Parse(
        Text(".env.example").Split("#SHUTDOWN_GRACE_SECONDS=")[1].Split('\n')[0], CultureInfo.InvariantCulture);

    /// <summary>The ENV lines of the Dockerfile.</summary>
    public static readonly IReadOnlyDictionary<string, string> ImageVariables =
        ImageVariable().Matches(Text("deploy/docker/Dockerfile")).ToDictionary(m => m.Groups["name"].Value, m => m.Groups["value"].Value, StringComparer.Ordinal);

    /// <param name="path">From the repository's root.</param>
    public static string Text(string path) => File.ReadAllText(Path.Combine(Root, path)).ReplaceLineEndings("\n");

    /// <summary>A YAML file with its anchors and merges resolved; each scalar is a text.</summary>
    public static JsonNode Yaml(string path)
    {
        using var reader = new StringReader(Text(path));
        var tree = new DeserializerBuilder().Build().Deserialize<object>(new MergingParser(new Parser(reader)));
        return JsonNode.Parse(new SerializerBuilder().JsonCompatible().Build().Serialize(tree))!;
    }

    public static string[] Texts(JsonNode? list) => [.. list!.AsArray().Select(n => n!.GetValue<string>())];

    /// <summary>The entries of an object whose values are texts, as variables of a process.</summary>
    public static (string Name, string Value)[] Variables(JsonNode? entries) =>
        [.. entries!.AsObject().Select(e => (e.Key, e.Value!.GetValue<string>()))];

    /// <summary>Whether the program answers a probe there.</summary>
    public static bool IsProbe(string path) =>
        Text("src/WebApi/Http/Operations.cs").Contains($"MapHealthChecks(\"{path}\"", StringComparison.Ordinal);

    [GeneratedRegex(@"^(ENV|   ) (?<name>[A-Z_]+)=(?<value>\S+)", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ImageVariable();
}
