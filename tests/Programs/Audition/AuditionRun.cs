using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using MusicGen.Application.Generations;
using MusicGen.Infrastructure.Inference.Composer;
using MusicGen.Programs.Judge;

namespace MusicGen.Programs.Audition;

/// <summary>Renders a fixed set of prompts and writes one page on which a person can listen and look.</summary>
internal static class AuditionRun
{
    private static readonly string[] Prompts =
    [
        "smooth jazz trio with saxophone, 118 bpm, Bb major", "baroque dance with harpsichord and violin, D minor", "driving rock with distorted guitar, 132 bpm, E minor",
        "uplifting electronic track, builds up, 124 bpm", "serene ambient pad, very slow", "Irish folk with flute and fiddle, 6/8, G major", "slow blues with harmonica, 72 bpm, A major",
        "happy country with banjo, 116 bpm", "reggae with organ, 74 bpm, A minor", "lofi hip-hop with rhodes, 84 bpm, mellow", "happy pop song with piano and strings, 110 bpm, C major",
        "brutal metal, 168 bpm, E minor", "epic orchestral, builds up, big ending, C minor", "calm piano solo, 72 bpm, D minor", "fingerstyle acoustic guitar, nostalgic, G major",
        "music of the eighties, 112 bpm", "waltz for strings, 3/4, romantic", "medieval tavern with harp and percussion",
    ];

    private static readonly CompositeFormat Number = CompositeFormat.Parse("{0:0.##}");

    public static Command Command()
    {
        var folder = new Option<string>("--out") { Required = true, Description = "A folder; index.html is the page." };
        var seconds = new Option<double>("--seconds") { DefaultValueFactory = _ => 24, Description = "Length of each piece." };
        var count = new Option<int>("--count") { DefaultValueFactory = _ => Prompts.Length, Description = "How many of the prompts." };
        var command = new Command("audition", "A page with players, spectrograms, scores and measurements of a fixed set of prompts.") { folder, seconds, count };
        command.SetAction((r, ct) => RunAsync(Path.GetFullPath(r.GetRequiredValue(folder)), r.GetValue(seconds), r.GetValue(count), ct));
        return command;
    }

    private static async Task<int> RunAsync(string folder, double seconds, int count, CancellationToken ct)
    {
        Directory.CreateDirectory(folder);
        using var renderings = new Renderings();
        var page = new StringBuilder(Head);
        for (var i = 0; i < Math.Min(count, Prompts.Length); i++)
        {
            var request = new MusicRequest { Prompt = Prompts[i], Seconds = seconds, Seed = 1 };
            var start = Stopwatch.GetTimestamp();
            var file = await renderings.FileAsync(request, ct);
            var speed = seconds / Stopwatch.GetElapsedTime(start).TotalSeconds;
            var name = string.Create(CultureInfo.InvariantCulture, $"{i + 1:00}");
            var sound = Sound.Parse(file);
            await File.WriteAllBytesAsync(Path.Combine(folder, $"{name}.wav"), file, ct);
            await File.WriteAllBytesAsync(Path.Combine(folder, $"{name}.png"), Pictures.Spectrogram(sound), ct);
            Add(page, name, Piece.Write(request), sound, speed);
            Console.WriteLine($"{name} {request.Prompt}");
        }

        await File.WriteAllTextAsync(Path.Combine(folder, "index.html"), page.Append("</main>\n").ToString(), ct);
        return 0;
    }

    private static void Add(StringBuilder page, string name, Piece piece, Sound sound, double speed)
    {
        var onsets = Onsets.Of(sound);
        var levels = Measured.Of(sound);
        var plan = piece.Plan;
        (string What, string Value)[] facts =
        [
            ("written", string.Create(CultureInfo.InvariantCulture, $"{plan.Style.Name}, {plan.Tempo:0.#} bpm, {plan.Key}, {plan.Metre.Beats}×{plan.Metre.Steps}")),
            ("players", string.Join(", ", piece.Score.Parts.Select(p => $"{p.Instrument} ({p.Role.ToString().ToLowerInvariant()})"))),
            ("understood", string.Join(", ", plan.Understood)),
            ("heard", string.Create(CultureInfo.InvariantCulture, $"{TempoFinder.Find(onsets):0.0} bpm, {KeyFinder.Find(KeyFinder.Chroma(sound))}, {onsets.Peaks().Count / sound.Seconds:0.0} onsets a second, centre {Features.Brightness(sound):0} Hz")),
            ("level", string.Create(CultureInfo.InvariantCulture, $"{levels.Loudness:0.00} LUFS, {levels.TruePeak:0.00} dBTP, DC {levels.Dc:0.00000}, longest silence {levels.Silence:0.00} s, clicks {levels.Clicks}")),
            ("made", string.Format(CultureInfo.InvariantCulture, Number, speed) + " times real time on this machine, as it was"),
        ];
        page.Append(CultureInfo.InvariantCulture, $"<article><h2>{name} {WebUtility.HtmlEncode(Prompts[int.Parse(name, CultureInfo.InvariantCulture) - 1])}</h2>\n<audio controls preload='none' src='{name}.wav'></audio>\n");
        page.Append(CultureInfo.InvariantCulture, $"<div class='pictures'><img src='{name}.png' alt='Spectrogram, 40 Hz to 15 kHz'>{Pictures.Score(piece)}</div>\n<dl>");
        foreach (var (what, value) in facts)
            page.Append(CultureInfo.InvariantCulture, $"<dt>{what}</dt><dd>{WebUtility.HtmlEncode(value)}</dd>");
        page.Append("</dl></article>\n");
    }

    private const string Head = """
        <!doctype html>
        <html lang="en"><meta charset="utf-8"><title>Audition of the composer</title>
        <style>
        :root { color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif; }
        body { margin: 0 auto; max-width: 94rem; padding: 1rem 2rem; }
        article { border-top: 1px solid #8884; padding: .8rem 0 1.2rem; }
        h1 { font-size: 1.5rem; } h2 { font-size: 1.05rem; margin: 0 0 .5rem; }
        audio { width: 100%; height: 2.2rem; }
        .pictures { display: grid; grid-template-columns: 1fr 1fr; gap: .8rem; margin: .6rem 0; }
        .pictures img, .pictures svg { width: 100%; height: auto; border: 1px solid #8884; border-radius: 4px; }
        svg text { font-size: 9px; fill: currentColor; } svg .bar { stroke: #8883; }
        dl { display: grid; grid-template-columns: 6.5rem 1fr; gap: .1rem .8rem; margin: 0; font-size: .88rem; }
        dt { opacity: .65; } dd { margin: 0; }
        </style>
        <main><h1>Audition of the composer</h1>
        <p>Spectrograms: 40 Hz to 15 kHz, in octaves. Scores: <b style="color:#d9534f">melody</b>, <b style="color:#3b7dd8">chords</b>, <b style="color:#8a63d2">pad</b>, <b style="color:#2e9e6b">bass</b>, <b style="color:#8c8c8c">drums</b>. “Heard” is what the judge finds in the sound alone.</p>

        """;
}
