using System.Collections.Frozen;
using MusicGen.Domain.Generations;

namespace MusicGen.Infrastructure.Inference.Composer.Language;

/// <summary>What the words and phrases of a text mean. A phrase is its words with single spaces.</summary>
internal static class Lexicon
{
    /// <summary>The most words in one phrase.</summary>
    public const int LongestPhrase = 3;

    private static readonly FrozenDictionary<string, Action<Reading>> Meanings = Build();
    private static readonly FrozenDictionary<string, string> OtherNames =
        Thesaurus.Instruments.SelectMany(i => i.Phrases.Split('|').Select(p => (p, i.Name))).ToFrozenDictionary(p => p.p, p => p.Name, StringComparer.Ordinal);

    public static Action<Reading>? Find(string phrase) => Meanings.GetValueOrDefault(phrase);

    /// <summary>The instruments that "no …" with this word takes away; null for a word that names none.</summary>
    public static IReadOnlyList<string>? Excludes(string phrase) => phrase switch
    {
        "guitar" or "guitars" => ["acoustic guitar", "electric guitar", "distorted guitar"],
        "bass" or "basses" => ["bass", "double bass", "synth bass"],
        "drums" or "drum" or "beat" or "beats" or "drumming" or "percussion" => ["drums", "percussion"],
        "synth" or "synths" or "synthesizer" or "synthesizers" or "electronics" => ["synth", "lead", "pad", "synth bass"],
        "strings" or "orchestra" => ["strings", "violin", "viola", "cello"],
        "brass" or "horns" => ["brass", "trumpet", "trombone", "french horn"],
        "vocals" or "voice" or "voices" or "singing" or "choir" => ["choir"],
        "piano" or "pianos" => ["piano", "electric piano"],
        "pads" => ["pad"],
        _ => (MusicVocabulary.FindInstrument(phrase) ?? OtherNames.GetValueOrDefault(phrase)) is { } one ? [one] : null,
    };

    private static FrozenDictionary<string, Action<Reading>> Build()
    {
        var all = new Dictionary<string, Action<Reading>>(StringComparer.Ordinal);
        foreach (var name in MusicVocabulary.Instruments)
            all[name] = all[name + "s"] = r => r.Instruments.Add(name);
        foreach (var name in MusicVocabulary.Moods)
            all[name] = r => r.Moods.Add(name);
        foreach (var name in MusicVocabulary.Genres.Where(n => n != "piano"))
            all[name.Replace('-', ' ')] = r => r.Genres.Add(name);

        AddColour(all);
        AddSynonyms(all);
        AddTempo(all);
        AddForm(all);
        return all.ToFrozenDictionary(StringComparer.Ordinal);
    }

    private static void Each(Dictionary<string, Action<Reading>> all, IEnumerable<(string Name, string Phrases)> table, Action<Reading, string> add)
    {
        foreach (var (name, phrases) in table)
        {
            foreach (var phrase in phrases.Split('|'))
                all[phrase] = r => add(r, name);
        }
    }

    private static void AddSynonyms(Dictionary<string, Action<Reading>> all)
    {
        Each(all, Thesaurus.Genres, (r, v) => r.Genres.Add(v));
        Each(all, Thesaurus.Moods, (r, v) => r.Moods.Add(v));
        Each(all, Thesaurus.Instruments, (r, v) => r.Instruments.Add(v));
        foreach (var (words, era) in Era.All)
        {
            foreach (var phrase in words.Split('|'))
            {
                all[phrase] = r =>
                {
                    r.Era = era;
                    // A baroque dance is no dance music.
                    if (era.IsOld)
                        r.Genres.Insert(0, era.Genre);
                };
            }
        }
    }

    private static void AddTempo(Dictionary<string, Action<Reading>> all)
    {
        foreach (var (pace, phrases) in Thesaurus.Paces)
        {
            foreach (var phrase in phrases.Split('|'))
                all[phrase] = r => r.Pace = pace;
        }

        foreach (var (metre, phrases) in Thesaurus.Metres)
        {
            foreach (var phrase in phrases.Split('|'))
                all[phrase] = r => r.Metre = metre;
        }
    }

    private static void AddForm(Dictionary<string, Action<Reading>> all)
    {
        foreach (var (wish, phrases) in Thesaurus.Wishes)
        {
            foreach (var phrase in phrases.Split('|'))
                all[phrase] = r => r.Form.Add(wish);
        }

        foreach (var phrase in new[] { "solo", "alone", "only", "unaccompanied", "nothing but", "nothing else", "by itself", "on its own" })
            all[phrase] = r => r.IsSolo = true;
        foreach (var (players, phrases) in new[] { (2, "duo|duet"), (3, "trio"), (4, "quartet"), (5, "quintet|combo") })
        {
            foreach (var phrase in phrases.Split('|'))
                all[phrase] = r => r.Players = players;
        }

        foreach (var phrase in new[] { "pentatonic", "pentatonic scale", "five tones" })
            all[phrase] = r => r.IsPentatonic = true;
        foreach (var phrase in new[] { "harmonic minor", "natural minor", "melodic minor", "minor key", "in minor" })
            all[phrase] = r => r.Mode = MusicalMode.Minor;
        foreach (var phrase in new[] { "major key", "in major" })
            all[phrase] = r => r.Mode = MusicalMode.Major;
    }

    private static void AddColour(Dictionary<string, Action<Reading>> all)
    {
        foreach (var (phrases, energy, bright, space) in Thesaurus.Colours)
        {
            foreach (var phrase in phrases.Split('|'))
            {
                all[phrase] = r =>
                {
                    r.Energy += energy;
                    r.Brightness += bright;
                    r.Space += space;
                };
            }
        }
    }
}
