using System.Text.RegularExpressions;
using MusicGen.WebApi.Configuration;

namespace MusicGen.Integration.Support;

/// <summary>The commands by which docs/connections.md makes the product's users, word by word.</summary>
internal static partial class LeastRights
{
    /// <summary>As the documentation writes them.</summary>
    public const string User = "musicgen:PASSWORD";

    private static readonly string Text =
        File.ReadAllText(Path.Combine(ProgramFolder.HomeOf(AppContext.BaseDirectory), "docs", "connections.md")).ReplaceLineEndings("\n");

    public static string[] OfServer { get; } = OfServerLine().Match(Text).Value.Split(' ');

    public static string[] OfSentinel { get; } = OfSentinelLine().Match(Text).Value.Split(' ');

    [GeneratedRegex("ACL SETUSER musicgen on [^\n]+~mg:[^\n]+")]
    private static partial Regex OfServerLine();

    [GeneratedRegex("ACL SETUSER musicgen on [^\n]+sentinel[^\n]+")]
    private static partial Regex OfSentinelLine();
}
