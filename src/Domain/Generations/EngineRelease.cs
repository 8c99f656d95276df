using System.Globalization;

namespace MusicGen.Domain.Generations;

/// <summary>The program behind a task and, of one that composes, the version that did: another one writes other notes from the same words.</summary>
/// <param name="Name">As tasks show it; has no slash.</param>
/// <param name="Version">Null before the music is made, and of engines whose music isn't composed again.</param>
public sealed record EngineRelease(string Name, int? Version = null)
{
    /// <summary>The name, or the name, a slash and the version.</summary>
    public override string ToString() => Version is { } version ? string.Create(CultureInfo.InvariantCulture, $"{Name}/{version}") : Name;

    /// <summary>Reads what <see cref="ToString"/> writes.</summary>
    public static EngineRelease Parse(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? new(text) : new(text[..slash], int.Parse(text.AsSpan(slash + 1), CultureInfo.InvariantCulture));
    }
}
