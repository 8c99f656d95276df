using System.Collections.Frozen;
using System.Text;

namespace MusicGen.Domain.Generations;

/// <summary>The genres, moods and instruments that a request may name, and the other names that people use for them.</summary>
public static class MusicVocabulary
{
    public static readonly IReadOnlyList<string> Genres =
    [
        "jazz", "classical", "rock", "electronic", "ambient", "folk", "blues", "country", "reggae", "hip-hop",
        "pop", "metal", "orchestral", "piano", "acoustic", "instrumental",
    ];

    public static readonly IReadOnlyList<string> Moods =
    [
        "happy", "sad", "energetic", "calm", "dramatic", "peaceful", "melancholic", "uplifting", "mysterious",
        "romantic", "epic", "nostalgic", "playful", "intense", "serene", "triumphant",
    ];

    public static readonly IReadOnlyList<string> Instruments =
    [
        "piano", "electric piano", "harpsichord", "celesta", "vibraphone", "marimba", "bells", "kalimba",
        "organ", "accordion", "harmonica",
        "acoustic guitar", "electric guitar", "distorted guitar", "banjo", "ukulele", "mandolin", "harp", "sitar",
        "bass", "double bass", "synth bass",
        "violin", "viola", "cello", "strings",
        "trumpet", "trombone", "french horn", "brass",
        "flute", "clarinet", "oboe", "saxophone",
        "choir", "synth", "lead", "pad",
        "drums", "percussion",
    ];

    private static readonly FrozenDictionary<string, string> GenreNames = Index(Genres, new()
    {
        ["hiphop"] = "hip-hop",
    });

    private static readonly FrozenDictionary<string, string> MoodNames = Index(Moods, []);

    private static readonly FrozenDictionary<string, string> InstrumentNames = Index(Instruments, new()
    {
        ["guitar"] = "acoustic guitar",
        ["rhodes"] = "electric piano",
        ["keys"] = "electric piano",
        ["glockenspiel"] = "bells",
        ["music box"] = "celesta",
        ["upright bass"] = "double bass",
        ["contrabass"] = "double bass",
        ["bass guitar"] = "bass",
        ["electric bass"] = "bass",
        ["horn"] = "french horn",
        ["sax"] = "saxophone",
        ["fiddle"] = "violin",
        ["vibes"] = "vibraphone",
        ["xylophone"] = "marimba",
        ["orchestra"] = "strings",
        ["string section"] = "strings",
        ["synthesizer"] = "synth",
        ["synthesiser"] = "synth",
        ["synth lead"] = "lead",
        ["synth pad"] = "pad",
        ["drum kit"] = "drums",
        ["drum"] = "drums",
    });

    /// <summary>The genre that a name means, or null. Case, hyphens and underscores don't matter.</summary>
    public static string? FindGenre(string? name) => Find(GenreNames, name);

    /// <summary>The mood that a name means, or null.</summary>
    public static string? FindMood(string? name) => Find(MoodNames, name);

    /// <summary>The instrument that a name means, or null; other names ("sax") and plurals are known too.</summary>
    public static string? FindInstrument(string? name) =>
        Find(InstrumentNames, name) ?? (name?.EndsWith('s') == true ? Find(InstrumentNames, name[..^1]) : null);

    private static string? Find(FrozenDictionary<string, string> names, string? name) =>
        name is null || name.Length > 40 ? null : names.GetValueOrDefault(Plain(name));

    private static FrozenDictionary<string, string> Index(IReadOnlyList<string> names, Dictionary<string, string> others)
    {
        foreach (var name in names)
            others[Plain(name)] = name;
        return others.ToFrozenDictionary(StringComparer.Ordinal);
    }

    private static string Plain(string name)
    {
        var plain = new StringBuilder(name.Length);
        foreach (var c in name.Trim())
            plain.Append(c is '-' or '_' ? ' ' : char.ToLowerInvariant(c));
        return plain.ToString();
    }
}
