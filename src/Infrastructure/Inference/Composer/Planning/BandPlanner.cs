namespace MusicGen.Infrastructure.Inference.Composer.Planning;

/// <summary>Fills the band: who was asked for first, the genre's own players for what is left.</summary>
internal static class BandPlanner
{
    /// <summary>The band. Instruments that were asked for without a genre play alone; with one, its band joins them.</summary>
    public static List<Player> Plan(Style style, IReadOnlyList<string> asked, IReadOnlySet<string> excluded, bool isGenreAsked, Dice dice)
    {
        var wanted = asked.Where(i => !excluded.Contains(i)).Distinct().ToList();
        var band = new List<Player>();
        foreach (var instrument in wanted)
        {
            var free = Roles(instrument).Where(r => band.All(p => p.Role != r)).ToList();
            // Every role it can fill is taken: it doubles the first of them rather than staying silent.
            band.Add(new Player(free.Count > 0 ? free[0] : Roles(instrument)[0], instrument));
        }

        if (wanted.Count == 0 || isGenreAsked)
            AddGenre(style, band, excluded, dice);
        else
            Complete(band);

        if (band.Count == 0)
        {
            // Everything the genre knows was excluded; any voice that is left is better than silence.
            string[] last = ["piano", "acoustic guitar", "strings", "synth", "flute", "bells", "organ", "kalimba", "marimba", "choir"];
            var instrument = last.FirstOrDefault(i => !excluded.Contains(i)) ?? "piano";
            band.Add(new Player(Role.Melody, instrument));
            band.Add(new Player(Role.Chords, instrument));
        }

        return band;
    }

    /// <summary>The genre that an instrument comes from, where only instruments are known.</summary>
    public static string Home(string instrument) => instrument switch
    {
        "piano" => "piano",
        "electric piano" or "vibraphone" => "hip-hop",
        "saxophone" or "double bass" or "trumpet" or "trombone" => "jazz",
        "harpsichord" or "violin" or "viola" or "cello" or "clarinet" or "oboe" or "harp" => "classical",
        "strings" or "brass" or "french horn" or "choir" => "orchestral",
        "synth" or "lead" or "synth bass" => "electronic",
        "pad" or "celesta" or "bells" or "kalimba" => "ambient",
        "acoustic guitar" or "ukulele" => "acoustic",
        "electric guitar" or "bass" or "drums" => "rock",
        "distorted guitar" => "metal",
        "banjo" => "country",
        "harmonica" => "blues",
        "flute" or "accordion" or "mandolin" or "sitar" => "folk",
        _ => "instrumental",
    };

    /// <summary>Whether an instrument is used to a role.</summary>
    public static bool CanPlay(string instrument, Role role) => Roles(instrument).Contains(role);

    /// <summary>The band without those whom a duo or trio has no place for: who was asked for stays.</summary>
    public static List<Player> AtMost(int most, List<Player> band, IReadOnlyList<string> asked)
    {
        var kept = new List<Player>(band);
        foreach (var role in new[] { Role.Pad, Role.Melody, Role.Chords, Role.Drums, Role.Bass })
        {
            if (kept.Select(p => p.Instrument).Distinct().Count() <= most)
                break;
            // Who has both hands free takes over what the leaving player did.
            var leaving = kept.FindAll(p => p.Role == role && !asked.Contains(p.Instrument));
            foreach (var player in leaving)
            {
                var heir = kept.Find(p => p.Instrument != player.Instrument && CanPlay(p.Instrument, role));
                if (role is Role.Melody or Role.Chords && heir is null)
                    continue;
                kept.Remove(player);
                if (role is Role.Melody or Role.Chords)
                    kept.Add(new Player(role, heir!.Instrument));
            }
        }

        return kept;
    }

    /// <summary>A player who joins a band that has played without it.</summary>
    public static Player Join(string instrument) => new(Roles(instrument)[0], instrument);

    private static Role[] Roles(string instrument) => instrument switch
    {
        "drums" or "percussion" => [Role.Drums],
        "bass" or "double bass" or "synth bass" => [Role.Bass],
        "pad" or "choir" => [Role.Pad, Role.Chords],
        "strings" => [Role.Pad, Role.Chords, Role.Melody],
        "brass" or "organ" => [Role.Chords, Role.Melody, Role.Pad],
        "acoustic guitar" or "distorted guitar" or "harpsichord" or "harp" or "synth" or "electric piano" or "ukulele" => [Role.Chords, Role.Melody],
        "piano" or "accordion" or "marimba" or "kalimba" or "electric guitar" or "sitar" or "banjo" => [Role.Melody, Role.Chords],
        "cello" => [Role.Melody, Role.Bass],
        _ => [Role.Melody],
    };

    private static bool CanPlayChords(string instrument) => Roles(instrument).Contains(Role.Chords);

    private static void AddGenre(Style style, List<Player> band, IReadOnlySet<string> excluded, Dice dice)
    {
        void Fill(Role role, IReadOnlyList<string> options, double chance)
        {
            // The dice falls in every case, so that one excluded player doesn't change the choice of all others.
            var (isWanted, choice) = (dice.Chance(chance), options.Count == 0 ? null : dice.Pick(options));
            if (!isWanted || choice is null || band.Any(p => p.Role == role))
                return;
            if (excluded.Contains(choice))
                choice = options.FirstOrDefault(o => !excluded.Contains(o));
            if (choice is not null)
                band.Add(new Player(role, choice));
        }

        Fill(Role.Melody, style.Melody, 1);
        Fill(Role.Chords, style.Chords, 1);
        Fill(Role.Pad, style.Pad, style.PadChance);
        Fill(Role.Bass, style.Bass, 1);
        Fill(Role.Drums, style.Drums is null ? [] : [style.Drums], 1);
    }

    /// <summary>Lets those who were asked for do alone what a piece needs: a melody, its chords, a low voice.</summary>
    private static void Complete(List<Player> band)
    {
        var pitched = band.Where(p => p.Role != Role.Drums).Select(p => p.Instrument).ToList();
        if (pitched.Count == 0)
            return;
        if (band.All(p => p.Role != Role.Melody))
            band.Add(new Player(Role.Melody, pitched.Find(i => Roles(i).Contains(Role.Melody)) ?? pitched[0]));
        if (band.All(p => p.Role is not (Role.Chords or Role.Pad)))
            band.Add(new Player(Role.Chords, pitched.Find(CanPlayChords) ?? pitched[0]));
        if (band.All(p => p.Role != Role.Bass) && pitched.Find(i => i is "piano" or "organ" or "harp" or "cello" or "synth" or "acoustic guitar" or "electric piano" or "harpsichord") is { } low)
            band.Add(new Player(Role.Bass, low));
    }
}
