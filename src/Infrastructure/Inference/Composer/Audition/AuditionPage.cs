using System.Globalization;
using System.Net;
using System.Text;
using MusicGen.Infrastructure.Inference.Audio;

namespace MusicGen.Infrastructure.Inference.Composer.Audition;

/// <summary>One page on which a person can listen and look: for each piece a player, a spectrogram, its score and what is known of it.</summary>
internal sealed class AuditionPage
{
    private readonly StringBuilder _page = new(Head);

    /// <summary>Adds a piece.</summary>
    /// <param name="name">Of its files: NAME.wav and NAME.png.</param>
    /// <param name="prompt">What was asked for.</param>
    /// <param name="piece">What was written.</param>
    /// <param name="sound">What was made of it.</param>
    /// <param name="speed">Times real time that the making took.</param>
    public void Add(string name, string prompt, Piece piece, WavAudio sound, double speed)
    {
        var labels = Corpus.Labelling.Of(piece);
        (string What, string Value)[] facts =
        [
            ("written", string.Create(CultureInfo.InvariantCulture, $"{labels.Genre}, {labels.Tempo:0.#} bpm, {labels.Key}, {labels.Metre}, {labels.Instruments.Sum(i => i.Notes)} notes")),
            ("players", string.Join(", ", labels.Instruments.Select(i => $"{i.Instrument} ({i.Role})"))),
            ("form", string.Join(", ", labels.Sections.Select(s => string.Create(CultureInfo.InvariantCulture, $"{s.Kind} {s.Theme + 1} at {s.Start:0} s")))),
            ("understood", string.Join(", ", labels.Understood)),
            ("level", Levels(sound)),
            ("made", string.Create(CultureInfo.InvariantCulture, $"{speed:0.#} times real time on this machine, as it was")),
        ];
        _page.Append(CultureInfo.InvariantCulture, $"<article><h2>{name} {WebUtility.HtmlEncode(prompt)}</h2>\n<audio controls preload='none' src='{name}.wav'></audio>\n");
        _page.Append(CultureInfo.InvariantCulture, $"<div class='pictures'><img src='{name}.png' alt='Spectrogram, 40 Hz to 15 kHz'>{ScorePicture.Draw(piece)}</div>\n<dl>");
        foreach (var (what, value) in facts)
            _page.Append(CultureInfo.InvariantCulture, $"<dt>{what}</dt><dd>{WebUtility.HtmlEncode(value)}</dd>");
        _page.Append("</dl></article>\n");
    }

    public override string ToString() => $"{_page}</main>\n";

    private static string Levels(WavAudio sound)
    {
        var (samples, channels) = (sound.Samples, sound.Channels);
        var constant = Enumerable.Range(0, channels).Max(c => Math.Abs(samples.Where((_, i) => i % channels == c).Average()));
        var (longest, current) = (0, 0);
        for (var i = 0; i < samples.Length; i++)
        {
            current = Math.Abs(samples[i]) < 0.001f ? current + 1 : 0;
            longest = Math.Max(longest, current);
        }

        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Loudness.Of(samples, sound.SampleRate, channels):0.00} LUFS, true peak {20 * Math.Log10(TruePeak.Of(samples, channels) + 1e-9):0.00} dBTP, "
            + $"DC {constant:0.00000}, longest silence {(double)longest / channels / sound.SampleRate:0.00} s");
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
        <p>Spectrograms: 40 Hz to 15 kHz, in octaves. Scores: <b style="color:#d9534f">melody</b>, <b style="color:#3b7dd8">chords</b>, <b style="color:#8a63d2">pad</b>, <b style="color:#2e9e6b">bass</b>, <b style="color:#8c8c8c">drums</b>. “Written” is what the composer meant; “level” is measured in the file.</p>

        """;
}
