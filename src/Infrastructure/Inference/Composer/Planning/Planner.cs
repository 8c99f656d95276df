using MusicGen.Application.Generations;
using MusicGen.Domain.Generations;
using MusicGen.Infrastructure.Inference.Composer.Language;

namespace MusicGen.Infrastructure.Inference.Composer.Planning;

/// <summary>Turns a request into a plan: its fields win over its words, its words over the genre, and the seed decides the rest.</summary>
internal static class Planner
{
    /// <param name="request">What is asked for.</param>
    /// <param name="melody">The plan of a piece whose melody and chords this one takes; null for its own.</param>
    public static Plan Plan(MusicRequest request, Plan? melody = null)
    {
        var reading = DescriptionReader.Read(request.Prompt);
        var dice = new Dice(request.Seed, request.Prompt, "plan");
        var understood = new List<string>(reading.Understood);
        AddFields(request, reading, understood);

        var style = ChooseStyle(reading, dice.For("style"), out var isGenreAsked);
        var character = ChooseCharacter(reading, style, dice.For("character"));
        var metre = melody?.Metre ?? reading.Metre ?? dice.For("metre").Pick(style.Metres);
        var tempo = reading.Tempo ?? (reading.Pace is null ? melody?.Tempo : null) ?? ChooseTempo(reading, style, character, dice.For("tempo"));
        var (fitted, lastBeat) = Fit(request.Seconds, tempo, metre, reading.Tempo is not null, character);
        var bars = (int)Math.Ceiling(lastBeat / metre.Beats);

        return new Plan
        {
            Dice = new Dice(request.Seed, request.Prompt, "score"),
            Style = style,
            Tempo = fitted,
            Key = ChooseKey(reading, style, character, dice.For("key")),
            Metre = metre,
            Character = character,
            Band = ChooseBand(style, reading, isGenreAsked, dice.For("band")),
            IsPentatonic = reading.IsPentatonic,
            Comping = ChooseComping(style, metre, dice.For("comping")),
            BassLine = dice.For("bass").Pick(style.BassLines),
            Groove = style.Grooves is [Groove.None] ? Groove.Light : dice.For("groove").Pick(style.Grooves),
            Sections = FormPlanner.Plan(bars, character.Energy, reading.Form, dice.For("form")),
            Wishes = reading.Form,
            LastBeat = lastBeat,
            Seconds = request.Seconds,
            Understood = understood,
            Themes = melody,
        };
    }

    /// <summary>
    /// The plan of what comes after a piece: its band, tempo, key and themes, and what the new words say of mood, course and
    /// further players.
    /// </summary>
    /// <param name="before">The piece's plan.</param>
    /// <param name="request">The new request.</param>
    /// <param name="seconds">How long the new part is.</param>
    public static Plan GoOn(Plan before, MusicRequest request, double seconds)
    {
        var reading = DescriptionReader.Read(request.Prompt);
        var understood = new List<string>(reading.Understood);
        AddFields(request, reading, understood);
        var dice = new Dice(request.Seed, request.Prompt, "plan");
        var moods = reading.Moods.Distinct().Select(Character.Of).ToList();
        var character = moods.Count == 0 ? before.Character : Character.Mean([before.Character, .. moods]);
        character = character.Shift(reading.Energy, 0, 0);
        var (_, lastBeat) = Fit(seconds, before.Tempo, before.Metre, isTempoAsked: true, character);
        var joining = reading.Instruments.Distinct().Where(i => before.Band.All(p => p.Instrument != i) && !reading.Excluded.Contains(i));
        return before with
        {
            Dice = new Dice(request.Seed, request.Prompt, "score"),
            Character = character,
            Band = [.. before.Band, .. joining.Select(BandPlanner.Join)],
            Resting = reading.Excluded,
            Sections = FormPlanner.Plan((int)Math.Ceiling(lastBeat / before.Metre.Beats), character.Energy, reading.Form, dice.For("form"), isGoingOn: true),
            Wishes = reading.Form,
            LastBeat = lastBeat,
            Seconds = seconds,
            Understood = understood,
            Themes = before.Themes ?? before,
        };
    }

    private static void AddFields(MusicRequest request, Reading reading, List<string> understood)
    {
        if (MusicVocabulary.FindGenre(request.Genre) is { } genre)
        {
            reading.Genres.Clear();
            reading.Genres.Add(genre);
        }

        if (MusicVocabulary.FindMood(request.Mood) is { } mood)
        {
            reading.Moods.Clear();
            reading.Moods.Add(mood);
        }

        var instruments = request.Instruments.Select(MusicVocabulary.FindInstrument).OfType<string>().ToList();
        if (instruments.Count > 0)
        {
            reading.Instruments.Clear();
            reading.Instruments.AddRange(instruments);
            reading.Excluded.ExceptWith(instruments);
        }

        reading.Tempo = request.Tempo ?? reading.Tempo;
        if (MusicalKey.TryParse(request.Key, out var key))
            reading.Key = key;

        var unwanted = DescriptionReader.Unwanted(request.NegativePrompt ?? "").ToList();
        reading.Excluded.UnionWith(unwanted);
        understood.AddRange(unwanted.Select(u => $"no {u}").Except(understood, StringComparer.Ordinal).Distinct(StringComparer.Ordinal));
    }

    private static Style ChooseStyle(Reading reading, Dice dice, out bool isAsked)
    {
        isAsked = reading.Genres.Count > 0;
        if (isAsked)
        {
            // "Instrumental" and "acoustic" say how, the other genres say what.
            var genre = reading.Genres.Find(g => g is not ("instrumental" or "acoustic")) ?? reading.Genres[0];
            isAsked = genre != "piano" || reading.Instruments.Count == 0;
            return Styles.Of(genre);
        }

        if (reading.Era is { } era)
        {
            isAsked = true;
            return Styles.Of(era.Genre);
        }

        var home = reading.Instruments.Select(BandPlanner.Home).FirstOrDefault(h => h != "instrumental");
        if (home is not null)
            return Styles.Of(home);

        return reading.Moods.FirstOrDefault() switch
        {
            "epic" or "dramatic" or "triumphant" => Styles.Of("orchestral"),
            "serene" or "mysterious" or "peaceful" => Styles.Of(dice.Pick(["ambient", "piano"])),
            "calm" or "sad" or "melancholic" or "romantic" or "nostalgic" => Styles.Of(dice.Pick(["piano", "acoustic", "classical", "instrumental"])),
            "energetic" or "intense" => Styles.Of(dice.Pick(["electronic", "rock"])),
            "happy" or "uplifting" or "playful" => Styles.Of(dice.Pick(["pop", "folk", "acoustic", "instrumental"])),
            _ => dice.Pick(Styles.All),
        };
    }

    private static Character ChooseCharacter(Reading reading, Style style, Dice dice)
    {
        var own = new Character(dice.Between(-0.2, 0.2), style.Energy, 0, style.Energy * 0.9, style.Space, 0.5);
        var moods = reading.Moods.Distinct().Select(Character.Of).ToList();
        if (moods.Count > 0)
        {
            var mood = Character.Mean(moods);
            own = Character.Mean([own, mood, mood]) with { Valence = mood.Valence };
        }

        return own.Shift(reading.Energy, reading.Brightness + (reading.Era?.Brightness ?? 0), reading.Space + (reading.Era?.Space ?? 0));
    }

    private static List<Player> ChooseBand(Style style, Reading reading, bool isGenreAsked, Dice dice)
    {
        if (reading.Era is { } era)
            style = style.With(era.Players);
        var isSolo = reading.IsSolo && reading.Instruments.Count > 0;
        var band = BandPlanner.Plan(style, reading.Instruments, reading.Excluded, isGenreAsked && !isSolo, dice);
        return reading.Players is { } most ? BandPlanner.AtMost(most, band, reading.Instruments) : band;
    }

    private static double ChooseTempo(Reading reading, Style style, Character character, Dice dice)
    {
        var pace = reading.Pace ?? ((1.05 * character.Energy) - 0.06 + dice.Between(-0.1, 0.1));
        return Math.Round(Math.Clamp(style.Tempo.Low + (pace * (style.Tempo.High - style.Tempo.Low)), 44, 220));
    }

    private static MusicalKey ChooseKey(Reading reading, Style style, Character character, Dice dice)
    {
        var tonic = dice.Below(12);
        var isMinor = dice.Chance(style.MinorChance);
        if (reading.Key is { } key)
            return key;
        if (character.Valence > (style.MinorChance < 0.9 ? 0.25 : 0.6))
            isMinor = false;
        else if (character.Valence < -0.25)
            isMinor = true;
        return new MusicalKey(tonic, reading.Mode ?? (isMinor ? MusicalMode.Minor : MusicalMode.Major));
    }

    private static Comping ChooseComping(Style style, Metre metre, Dice dice)
    {
        var choice = dice.Pick(style.Comping);
        return metre == Metre.Waltz && choice is Comping.Strum or Comping.Pulse or Comping.Alberti ? Comping.OomPah : choice;
    }

    /// <summary>
    /// Finds the beat of the last chord, so that it rings out within the asked length. Where the tempo is ours, it
    /// moves until whole bars fit; an asked tempo stays, and the last chord may fall on half a bar.
    /// </summary>
    private static (double Tempo, double LastBeat) Fit(double seconds, double tempo, Metre metre, bool isTempoAsked, Character character)
    {
        var tail = Math.Clamp(seconds * 0.12, 0.3, 2.2 + (1.5 * character.Space));
        var room = Math.Max(0, seconds - tail);
        var beats = room * tempo / 60;
        var bars = beats / metre.Beats;
        if (bars >= 3 && !isTempoAsked)
        {
            var whole = bars >= 12 ? Math.Round(bars / 2) * 2 : Math.Round(bars);
            return (tempo * whole / bars, whole * metre.Beats);
        }

        if (bars < 2)
            return (tempo, Math.Floor(beats + 1e-9));
        var half = metre.Beats % 2 == 0 ? metre.Beats / 2 : metre.Beats;
        return (tempo, Math.Floor((beats / half) + 1e-9) * half);
    }
}
