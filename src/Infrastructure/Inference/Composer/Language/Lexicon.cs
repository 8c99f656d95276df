using System.Collections.Frozen;
using MusicGen.Domain.Generations;

namespace MusicGen.Infrastructure.Inference.Composer.Language;

/// <summary>What the words and phrases of a text mean. A phrase is its words with single spaces.</summary>
internal static class Lexicon
{
    /// <summary>The most words in one phrase.</summary>
    public const int LongestPhrase = 3;

    private static readonly FrozenDictionary<string, Action<Reading>> Meanings = Build();

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
        _ => MusicVocabulary.FindInstrument(phrase) is { } one ? [one] : null,
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

        AddSynonyms(all);
        AddTempo(all);
        AddForm(all);
        AddColour(all);
        return all.ToFrozenDictionary(StringComparer.Ordinal);
    }

    private static void AddSynonyms(Dictionary<string, Action<Reading>> all)
    {
        Each(all, "guitar guitars fingerpicking|rhodes keys|glockenspiel chimes bell|fiddle violins|cellos|sax saxophones|vibes|xylophone|horn horns|trumpets|flutes|synthesizer synthesiser synths arpeggiator|pads|drum beats beat drumming|conga congas bongos shaker tambourine|voices vocals|contrabass",
            ["acoustic guitar", "electric piano", "bells", "violin", "cello", "saxophone", "vibraphone", "marimba", "french horn", "trumpet", "flute", "synth", "pad", "drums", "percussion", "choir", "double bass"],
            (r, v) => r.Instruments.Add(v));
        foreach (var (phrase, name) in new[] { ("music box", "celesta"), ("upright bass", "double bass"), ("bass guitar", "bass"), ("electric bass", "bass"), ("string section", "strings"), ("synth lead", "lead"), ("synth pad", "pad"), ("drum kit", "drums"), ("heavy guitar", "distorted guitar"), ("heavy guitars", "distorted guitar"), ("overdriven guitar", "distorted guitar"), ("string quartet", "strings"), ("sub bass", "synth bass") })
            all[phrase] = r => r.Instruments.Add(name);

        Each(all, "swing bebop bossa jazzy|baroque sonata minuet|punk grunge indie|edm techno house trance dubstep synthwave dance dnb chiptune|drone soundscape meditation atmospheric newage|celtic irish medieval|bluesy boogie|bluegrass western cowboy|ska dub|hiphop rap trap lofi boombap|disco funk soul motown|thrash doom|cinematic symphony symphonic soundtrack film trailer orchestra|unplugged|rocknroll",
            ["jazz", "classical", "rock", "electronic", "ambient", "folk", "blues", "country", "reggae", "hip-hop", "pop", "metal", "orchestral", "acoustic", "rock"],
            (r, v) => r.Genres.Add(v));
        all["lo fi"] = r => r.Genres.Add("hip-hop");
        all["bossa nova"] = r => r.Genres.Add("jazz");
        all["drum and bass"] = r => r.Genres.Add("electronic");
        all["film score"] = r => r.Genres.Add("orchestral");

        Each(all, "joyful cheerful joy sunny|sorrowful tragic grief mournful crying|driving lively powerful fierce vigorous party|relaxing relaxed chill soothing gentle mellow lullaby sleep tender|tense suspenseful suspense|tranquil quietude|melancholy wistful bittersweet lonely rainy|inspiring hopeful motivational optimistic|dark eerie spooky haunting mystic mystical creepy|love romance sensual|heroic grand majestic|nostalgia vintage retro|whimsical quirky funny fun bouncy|aggressive angry brutal heavy|ethereal dreamy floating celestial|victorious victory glorious",
            ["happy", "sad", "energetic", "calm", "dramatic", "peaceful", "melancholic", "uplifting", "mysterious", "romantic", "epic", "nostalgic", "playful", "intense", "serene", "triumphant"],
            (r, v) => r.Moods.Add(v));
    }

    private static void AddTempo(Dictionary<string, Action<Reading>> all)
    {
        foreach (var (words, pace) in new[] { ("slow slowly adagio largo lento ballad", 0.05), ("andante relaxed-tempo midtempo walking", 0.35), ("moderato moderate medium", 0.5), ("upbeat allegretto", 0.7), ("fast quick allegro vivace", 0.9), ("presto frantic furious prestissimo", 1.0) })
        {
            foreach (var word in words.Split(' '))
                all[word] = r => r.Pace = pace;
        }

        all["very slow"] = r => r.Pace = -0.2;
        all["very fast"] = r => r.Pace = 1.1;
        foreach (var (phrase, metre) in new[] { ("waltz", Metre.Waltz), ("3/4", Metre.Waltz), ("6/8", Metre.Compound), ("4/4", Metre.Common), ("5/4", Metre.Five), ("jig", Metre.Compound), ("minuet", Metre.Waltz), ("triple metre", Metre.Waltz), ("waltz time", Metre.Waltz) })
            all[phrase] = r => r.Metre = metre;
    }

    private static void AddForm(Dictionary<string, Action<Reading>> all)
    {
        foreach (var (phrases, wish) in new[]
        {
            ("starts quiet|starts quietly|starts soft|starts softly|quiet intro|quiet start|soft intro|begins softly|begins quietly|starting softly", FormWish.QuietStart),
            ("builds up|build up|building up|builds|crescendo|grows|rising|gradually louder|buildup", FormWish.BuildUp),
            ("fade out|fades out|fades away|fading out", FormWish.FadeOut),
            ("big ending|big finish|grand finale|finale|climax|loud ending", FormWish.LoudEnd),
            ("soft ending|quiet ending|gentle ending|ends softly|ends quietly", FormWish.QuietEnd),
            ("drop|drops|breakdown", FormWish.Drop),
        })
        {
            foreach (var phrase in phrases.Split('|'))
                all[phrase] = r => r.Form.Add(wish);
        }
    }

    private static void AddColour(Dictionary<string, Action<Reading>> all)
    {
        foreach (var (words, energy, bright, space) in new[] { ("loud strong hard", 0.25, 0.1, 0.0), ("soft quiet softly quietly delicate", -0.25, -0.1, 0.0), ("sparse minimal minimalist simple", -0.2, 0.0, 0.1), ("busy dense rich lush", 0.12, 0.0, 0.1), ("bright shiny sparkling crisp", 0.0, 0.3, 0.0), ("warm dull muffled deep", 0.0, -0.25, 0.0), ("spacious reverb cathedral huge wide echo", 0.0, 0.0, 0.35), ("dry intimate close", -0.05, 0.0, -0.3) })
        {
            foreach (var word in words.Split(' '))
            {
                all[word] = r =>
                {
                    r.Energy += energy;
                    r.Brightness += bright;
                    r.Space += space;
                };
            }
        }
    }

    private static void Each(Dictionary<string, Action<Reading>> all, string groups, string[] values, Action<Reading, string> add)
    {
        foreach (var (group, value) in groups.Split('|').Zip(values))
        {
            foreach (var word in group.Split(' '))
                all[word] = r => add(r, value);
        }
    }
}
