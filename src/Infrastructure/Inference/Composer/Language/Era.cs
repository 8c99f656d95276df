namespace MusicGen.Infrastructure.Inference.Composer.Language;

/// <summary>A time that music may come from, and what it changes.</summary>
/// <param name="Name">As it is told to people.</param>
/// <param name="Genre">Where the words name no genre.</param>
/// <param name="Players">Instruments of that time, which the band prefers to its own where it has the choice.</param>
/// <param name="Brightness">Added.</param>
/// <param name="Space">Added.</param>
/// <param name="IsOld">Whether it comes before the genres of our day, so that its own is meant whatever else is named.</param>
internal sealed record Era(string Name, string Genre, IReadOnlyList<string> Players, double Brightness, double Space, bool IsOld = false)
{
    public static readonly IReadOnlyList<(string Words, Era Era)> All =
    [
        ("medieval|middle ages|gregorian", new("medieval", "folk", ["harp", "flute", "percussion", "choir"], -0.1, 0.35, IsOld: true)),
        ("renaissance|tudor|elizabethan", new("renaissance", "folk", ["flute", "harp", "viola", "percussion"], -0.05, 0.2, IsOld: true)),
        ("baroque|bach|vivaldi|1700 s", new("baroque", "classical", ["violin", "harpsichord", "cello", "oboe"], 0.1, 0.15, IsOld: true)),
        ("victorian|romantic era|1800 s|19 th century", new("19th century", "classical", ["piano", "violin", "cello", "french horn"], -0.1, 0.15, IsOld: true)),
        ("1920 s|20 s|twenties|roaring twenties|ragtime|1930 s|thirties|prohibition", new("1920s", "jazz", ["clarinet", "banjo", "trumpet", "double bass"], -0.25, -0.1)),
        ("1940 s|40 s|forties|big band|swing era", new("1940s", "jazz", ["trumpet", "saxophone", "piano", "double bass"], -0.15, 0.0)),
        ("1950 s|50 s|fifties|rockabilly", new("1950s", "rock", ["electric guitar", "piano", "double bass", "saxophone"], -0.15, 0.1)),
        ("1960 s|60 s|sixties|surf", new("1960s", "pop", ["organ", "electric guitar", "acoustic guitar", "bass"], -0.1, 0.1)),
        ("1970 s|70 s|seventies", new("1970s", "pop", ["electric piano", "electric guitar", "bass", "strings"], -0.1, -0.05)),
        ("1980 s|80 s|eighties|synthwave|retrowave|outrun", new("1980s", "electronic", ["lead", "synth", "pad", "synth bass"], 0.1, 0.25)),
        ("1990 s|90 s|nineties|eurodance", new("1990s", "electronic", ["synth", "piano", "synth bass", "pad"], 0.1, 0.05)),
        ("2000 s|noughties|modern|contemporary|21 st century", new("modern", "pop", ["synth", "piano", "synth bass", "pad"], 0.1, 0.05)),
        ("futuristic|cyberpunk|sci fi|science fiction|space age", new("future", "electronic", ["lead", "pad", "synth", "synth bass"], 0.15, 0.3)),
    ];
}
