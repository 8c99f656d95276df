using System.Text.Json;

namespace MusicGen.Infrastructure.Inference.Checkpoints;

/// <summary>Under what licence a model's folder may be used, and whether an operator accepted it.</summary>
/// <param name="Name">As its manifest or card names it; unknown where nothing says it.</param>
/// <param name="IsAccepted">By an operator, who was shown it.</param>
public sealed record ModelLicence(string Name, bool IsAccepted)
{
    public const string Unknown = "unknown";

    private const string Card = "README.md";
    private const long MaxCardBytes = 1 << 20;

    /// <summary>Whether it forbids commerce, as CC-BY-NC does.</summary>
    public bool IsNoncommercial => ForbidsCommerce(Name);

    /// <summary>Whether it may be used here: what forbids commerce has to be accepted first.</summary>
    public bool AllowsUse => IsAccepted || !IsNoncommercial;

    public static bool ForbidsCommerce(string licence) => licence.Contains("-nc", StringComparison.OrdinalIgnoreCase);

    /// <summary>Of a folder: the manifest that a pull left, else the model card.</summary>
    public static ModelLicence Of(string folder)
    {
        try
        {
            var manifest = Path.Combine(folder, ModelManifest.FileName);
            if (File.Exists(manifest))
            {
                using var document = JsonDocument.Parse(File.ReadAllBytes(manifest));
                var root = document.RootElement;
                return new ModelLicence(
                    root.TryGetProperty("licence", out var name) && name.ValueKind == JsonValueKind.String ? name.GetString()! : Unknown,
                    root.TryGetProperty("licence_accepted_at", out var at) && at.ValueKind == JsonValueKind.String);
            }

            var card = new FileInfo(Path.Combine(folder, Card));
            return new ModelLicence(card.Exists && card.Length <= MaxCardBytes ? OfCard(File.ReadLines(card.FullName)) : Unknown, IsAccepted: false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException)
        {
            return new ModelLicence(Unknown, IsAccepted: false);
        }
    }

    // "license: cc-by-nc-4.0" between the two lines of dashes at its head.
    private static string OfCard(IEnumerable<string> lines)
    {
        var head = lines.Take(200).ToList();
        if (head.Count == 0 || head[0].Trim() != "---")
            return Unknown;
        return head.Skip(1).TakeWhile(l => l.Trim() != "---").Select(l => l.Split(':', 2)).Where(l => l.Length == 2 && l[0].Trim() == "license")
            .Select(l => l[1].Trim().Trim('"', '\'')).FirstOrDefault(l => l.Length > 0) ?? Unknown;
    }
}
