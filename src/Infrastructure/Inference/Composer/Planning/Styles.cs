using MusicGen.Infrastructure.Inference.Composer.Language;

namespace MusicGen.Infrastructure.Inference.Composer.Planning;

/// <summary>The sixteen genres.</summary>
internal static class Styles
{
    public static readonly IReadOnlyList<Style> All =
    [
        new()
        {
            Name = "jazz", Tempo = (88, 176), Swing = 0.3, MinorChance = 0.35, Space = 0.25,
            Major = ["Imaj7 vi7 ii7 V7", "ii7 V7 Imaj7 VI7", "Imaj7 IV7 iii7,VI7 ii7,V7", "Imaj9 #io7 ii7 V9", "Imaj7 bVII7 IVmaj7 ii7,V7"],
            Minor = ["i7 iv7 iiø V7", "iv7 bVII7 bIIImaj7 bVImaj7 iiø V7 i7 i7", "i6 bVI7 iiø V7", "i7 i7 iv7 iiø,V7"],
            MajorCadence = "ii7 V9", MinorCadence = "iiø V7", MajorEnd = "Imaj9", MinorEnd = "i6",
            Melody = ["saxophone", "trumpet", "vibraphone", "piano", "clarinet"], Chords = ["piano", "electric piano", "piano"],
            PadChance = 0, Bass = ["double bass"], Drums = "drums", Grooves = [Groove.Jazz], Comping = [Comping.Jazz],
            BassLines = [BassLine.Walking],
        },
        new()
        {
            Name = "classical", Tempo = (66, 132), MinorChance = 0.4, Energy = 0.45, Space = 0.45,
            Major = ["I V vi iii IV I IV V", "I IV V I", "I vi ii V", "I ii,V I IV,V", "I V I V vi II7 V V"],
            Minor = ["i V i iv", "i bVI iv V", "i iv bVII bIII bVI iio V V", "i io7 V i"],
            MajorCadence = "IV,ii V7", MinorCadence = "iv V7",
            Melody = ["violin", "flute", "piano", "oboe", "clarinet"], Chords = ["piano", "harpsichord", "strings", "harp"],
            Pad = ["strings"], PadChance = 0.4, Bass = ["cello", "double bass"],
            Comping = [Comping.Alberti, Comping.Broken, Comping.Sustained], Metres = [Metre.Common, Metre.Common, Metre.Waltz],
        },
        new()
        {
            Name = "rock", Tempo = (100, 152), MinorChance = 0.45, Energy = 0.75, Space = 0.2,
            Major = ["I bVII IV I", "I IV V IV", "vi IV I V", "I V vi IV", "I I bVII IV"],
            Minor = ["i bVII bVI bVII", "i bVI bIII bVII", "i iv bVI V", "i i bVII IV"],
            Melody = ["electric guitar", "organ", "lead"], Chords = ["distorted guitar", "electric guitar"], Pad = ["organ"], PadChance = 0.35,
            Bass = ["bass"], Drums = "drums", Grooves = [Groove.Rock], Comping = [Comping.Chug, Comping.Strum], BassLines = [BassLine.Eighths],
        },
        new()
        {
            Name = "electronic", Tempo = (112, 134), MinorChance = 0.7, Energy = 0.75, Space = 0.4,
            Major = ["vi IV I V", "I V ii IV", "IV V vi I"],
            Minor = ["i bVI bIII bVII", "i i bVI bVII", "i iv bVI bVII", "i bIII bVII iv", "i v bVI iv"],
            MajorCadence = "IV V", MinorCadence = "bVI bVII",
            Melody = ["lead", "synth", "bells"], Chords = ["synth"], Pad = ["pad"], PadChance = 0.9, Bass = ["synth bass"], Drums = "drums",
            Grooves = [Groove.House], Comping = [Comping.Pulse, Comping.Stab, Comping.Broken], BassLines = [BassLine.Offbeat, BassLine.Eighths, BassLine.Syncopated],
        },
        new()
        {
            Name = "ambient", Tempo = (56, 84), MinorChance = 0.45, Energy = 0.2, Space = 0.95,
            Major = ["Imaj7 Imaj7 IVmaj7 IVmaj7", "Iadd9 iii7 IVmaj7 IVadd9", "Imaj7 II Imaj7 II", "IVmaj7 Imaj7 ii7 vi7"],
            Minor = ["i7 i7 bVImaj7 bVImaj7", "iadd9 bIIImaj7 bVImaj7 iv7", "i7 IV i7 IV"],
            MajorCadence = "IVmaj7 V7sus4", MinorCadence = "bVImaj7 bVII", MajorEnd = "Iadd9", MinorEnd = "iadd9",
            Melody = ["celesta", "bells", "piano", "electric piano", "flute", "kalimba"], Chords = ["harp", "electric piano", "pad"],
            Pad = ["pad", "choir", "strings"], PadChance = 1, Bass = ["synth bass"], Comping = [Comping.Broken, Comping.Sustained], BassLines = [BassLine.Drone],
        },
        new()
        {
            Name = "folk", Tempo = (84, 128), MinorChance = 0.35, Energy = 0.5, Space = 0.3,
            Major = ["I IV I V", "I V vi IV", "I I IV V", "I bVII IV I"], Minor = ["i bVII i v", "i bVI bVII i", "i bIII bVII i", "i iv bVII i", "i bVII bVI i"],
            MinorCadence = "bVI bVII", Melody = ["flute", "violin", "harmonica", "mandolin", "accordion"], Chords = ["acoustic guitar"],
            PadChance = 0, Bass = ["double bass"], Drums = "percussion", Grooves = [Groove.Light], Comping = [Comping.Fingerpick, Comping.Strum],
            BassLines = [BassLine.RootFifth], Metres = [Metre.Common, Metre.Common, Metre.Compound, Metre.Waltz],
        },
        new()
        {
            Name = "blues", Tempo = (66, 122), Swing = 0.32, MinorChance = 0.3, Space = 0.25, IsBlue = true,
            Major = ["I7 IV7 I7 I7 IV7 IV7 I7 I7 V7 IV7 I7 V7", "I7 I7 I7 I7 IV7 IV7 I7 I7 V7 IV7 I7 V7"],
            Minor = ["i7 i7 i7 i7 iv7 iv7 i7 i7 bVI7 V7 i7 V7", "i7 iv7 i7 i7 iv7 iv7 i7 i7 iiø V7 i7 V7"],
            MajorCadence = "V7 IV7", MinorCadence = "bVI7 V7", MajorEnd = "I9", MinorEnd = "i7",
            Melody = ["harmonica", "electric guitar", "saxophone"], Chords = ["piano", "organ", "electric guitar"], PadChance = 0, Bass = ["bass", "double bass"],
            Drums = "drums", Grooves = [Groove.Shuffle], Comping = [Comping.Shuffle, Comping.Jazz], BassLines = [BassLine.Walking, BassLine.Shuffle],
        },
        new()
        {
            Name = "country", Tempo = (92, 136), MinorChance = 0.1, Energy = 0.6, Space = 0.2,
            Major = ["I I IV I V V I I", "I IV V I", "I V IV I", "I IV I V"], Minor = ["i bVII bVI V", "i iv i V"],
            Melody = ["violin", "banjo", "electric guitar", "harmonica"], Chords = ["acoustic guitar"], PadChance = 0, Bass = ["double bass", "bass"], Drums = "drums",
            Grooves = [Groove.Train], Comping = [Comping.OomPah, Comping.Strum], BassLines = [BassLine.RootFifth],
        },
        new()
        {
            Name = "reggae", Tempo = (66, 86), SwingsSixteenths = true, Swing = 0.12, MinorChance = 0.4, Energy = 0.5, Space = 0.35,
            Major = ["I IV I IV", "I V vi IV", "I ii I ii", "I IV V IV"], Minor = ["i iv i iv", "i bVII i bVII", "i i iv v"],
            Melody = ["organ", "saxophone", "trombone", "lead"], Chords = ["electric guitar"], Pad = ["organ"], PadChance = 0.4, Bass = ["bass"], Drums = "drums",
            Grooves = [Groove.OneDrop], Comping = [Comping.Skank], BassLines = [BassLine.Reggae],
        },
        new()
        {
            Name = "hip-hop", Tempo = (74, 98), Swing = 0.2, SwingsSixteenths = true, MinorChance = 0.75, Energy = 0.5, Space = 0.3,
            Major = ["ii7 V7 Imaj7 vi7", "Imaj7 iii7 IVmaj7 iv7", "IVmaj7 iii7 vi7 vi7"], Minor = ["i7 iv7 i7 iv7", "i9 bVImaj7 iv7 v7", "bVImaj7 v7 i7 i7", "i7 bVII i7 bVImaj7"],
            MajorCadence = "ii7 V7", MinorCadence = "bVImaj7 v7", MajorEnd = "Imaj7", MinorEnd = "i9",
            Melody = ["electric piano", "bells", "flute", "vibraphone"], Chords = ["electric piano", "piano"], Pad = ["pad"], PadChance = 0.4, Bass = ["synth bass"],
            Drums = "drums", Grooves = [Groove.HipHop], Comping = [Comping.Sustained, Comping.Stab], BassLines = [BassLine.Sub],
        },
        new()
        {
            Name = "pop", Tempo = (94, 128), MinorChance = 0.35, Energy = 0.65, Space = 0.3,
            Major = ["I V vi IV", "vi IV I V", "I vi IV V", "IV I V vi", "I iii IV V"], Minor = ["i bVI bIII bVII", "i bIII bVII IV", "bVI bVII i i"],
            Melody = ["lead", "piano", "electric guitar", "synth"], Chords = ["piano", "acoustic guitar", "electric piano"], Pad = ["pad", "strings"], PadChance = 0.7,
            Bass = ["bass", "synth bass"], Drums = "drums", Grooves = [Groove.Pop], Comping = [Comping.Pulse, Comping.Broken, Comping.Strum],
            BassLines = [BassLine.Eighths, BassLine.Syncopated],
        },
        new()
        {
            Name = "metal", Tempo = (124, 184), MinorChance = 0.97, Energy = 0.95, Space = 0.15,
            Major = ["I IV V I", "I V IV V", "I IV I V"], Minor = ["i bVI bVII i", "i bII i bVII", "i bIII bVI V", "i i bVI bVII", "i bII bIII bII"], MinorCadence = "bVI V",
            Melody = ["distorted guitar", "lead"], Chords = ["distorted guitar"], PadChance = 0, Bass = ["bass"], Drums = "drums", Grooves = [Groove.Metal],
            Comping = [Comping.Chug], BassLines = [BassLine.Eighths],
        },
        new()
        {
            Name = "orchestral", Tempo = (66, 124), MinorChance = 0.55, Energy = 0.6, Space = 0.65,
            Major = ["I V vi IV", "I bVI bVII I", "I iii IV V", "I IV ii V"], Minor = ["i bVI bIII bVII", "i iv bVI V", "i bVII bVI V", "i bIII iv V"],
            Melody = ["french horn", "trumpet", "violin", "strings", "flute"], Chords = ["strings"], Pad = ["brass", "choir", "strings"], PadChance = 0.9,
            Bass = ["cello", "double bass"], Drums = "percussion", Grooves = [Groove.Orchestral], Comping = [Comping.Pulse, Comping.Sustained, Comping.Broken],
            Metres = [Metre.Common, Metre.Common, Metre.Waltz, Metre.Compound],
        },
        new()
        {
            Name = "piano", Tempo = (60, 112), MinorChance = 0.5, Energy = 0.35, Space = 0.5,
            Major = ["I V vi IV", "I iii IV V", "Iadd9 vi7 IVmaj7 V", "I V vi iii IV I ii V"], Minor = ["i bVI bIII bVII", "i iv bVII bIII", "i v bVI iv", "i bVII bVI V"],
            Melody = ["piano"], Chords = ["piano"], PadChance = 0, Bass = ["piano"], Comping = [Comping.Broken, Comping.Alberti, Comping.Fingerpick],
            Metres = [Metre.Common, Metre.Common, Metre.Waltz],
        },
        new()
        {
            Name = "acoustic", Tempo = (78, 120), MinorChance = 0.3, Energy = 0.42, Space = 0.3,
            Major = ["I V vi IV", "I IV vi V", "Iadd9 IVmaj7 I V", "I iii IV IV"], Minor = ["i bVII bVI bVII", "i bIII bVII IV", "i bVI bIII bVII"],
            Melody = ["acoustic guitar", "violin", "ukulele", "flute"], Chords = ["acoustic guitar"], PadChance = 0, Bass = ["double bass"], Drums = "percussion",
            Grooves = [Groove.Light, Groove.None], Comping = [Comping.Fingerpick, Comping.Strum], BassLines = [BassLine.RootFifth, BassLine.Roots],
        },
        new()
        {
            Name = "instrumental", Tempo = (80, 124), MinorChance = 0.4, Space = 0.4,
            Major = ["I V vi IV", "I vi ii V", "IV V iii vi", "Iadd9 V vi7 IVmaj7"], Minor = ["i bVI bIII bVII", "i iv bVII bIII", "i bVII IV i"],
            Melody = ["piano", "electric guitar", "violin", "flute"], Chords = ["acoustic guitar", "piano", "electric piano"], Pad = ["strings", "pad"], PadChance = 0.8,
            Bass = ["bass"], Drums = "drums", Grooves = [Groove.Pop], Comping = [Comping.Broken, Comping.Pulse, Comping.Fingerpick], BassLines = [BassLine.Roots, BassLine.Syncopated],
        },
    ];

    public static Style Of(string genre) => All.First(s => s.Name == genre);
}
