using System.Globalization;
using System.Text;
using MusicGen.Infrastructure.Inference.Composer;
using MusicGen.Infrastructure.Inference.Composer.Planning;
using MusicGen.Programs.Judge;

namespace MusicGen.Programs.Audition;

/// <summary>What a sound and a score look like.</summary>
internal static class Pictures
{
    private const int Width = 720;
    private const int Height = 180;
    private const double LowestHertz = 40;
    private const double Octaves = 8.6;
    private static readonly (double R, double G, double B)[] Ramp = [(8, 8, 28), (48, 18, 96), (140, 41, 129), (222, 73, 104), (254, 159, 109), (252, 253, 191)];
    private static readonly string[] Colours = ["#d9534f", "#3b7dd8", "#8a63d2", "#2e9e6b", "#8c8c8c"];

    /// <summary>A spectrogram, 40 Hz to 15 kHz in octaves, 70 dB from dark to light.</summary>
    public static byte[] Spectrogram(Sound sound)
    {
        const int Size = 4096;
        var spectra = Fourier.Spectra(sound.Mono(), Size, Math.Max(1, (sound.Frames - Size) / Width));
        var hertz = sound.Rate / (double)Size;
        return Png.Write(Width, Height, (x, y) =>
        {
            var frame = spectra[Math.Min(x, spectra.Length - 1)];
            var from = LowestHertz * Math.Pow(2, Octaves * (Height - 1 - y) / Height) / hertz;
            var to = LowestHertz * Math.Pow(2, Octaves * (Height - y) / Height) / hertz;
            var level = 0f;
            for (var i = (int)from; i <= (int)to && i < frame.Length; i++)
                level = Math.Max(level, frame[i]);
            return Colour(Math.Clamp((20 * Math.Log10(level + 1e-9) / 70) + 1.15, 0, 1));
        });
    }

    /// <summary>The notes as bars over the bars of the music, a colour for each kind of player, chord names above.</summary>
    public static string Score(Piece piece)
    {
        var plan = piece.Plan;
        var beats = plan.Seconds / plan.SecondsPerBeat;
        var notes = piece.Score.Parts.Where(p => p.Role != Role.Drums).SelectMany(p => p.Notes.Select(n => (p.Role, Note: n))).ToList();
        var (low, high) = notes.Count == 0 ? (40, 80) : (notes.Min(n => n.Note.Pitch) - 2, notes.Max(n => n.Note.Pitch) + 2);
        double X(double beat) => beat / beats * Width;
        double Y(double pitch) => 18 + ((high - pitch) / (high - low) * (Height - 48));
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg viewBox='0 0 {Width} {Height}' role='img' aria-label='Score'>");
        for (var bar = 0; bar * plan.Metre.Beats < beats; bar++)
            svg.Append(CultureInfo.InvariantCulture, $"<line x1='{X(bar * plan.Metre.Beats):0.0}' x2='{X(bar * plan.Metre.Beats):0.0}' y1='14' y2='{Height}' class='bar'/>");
        var end = -40.0;
        foreach (var chord in piece.Score.Chords)
        {
            if (X(chord.Start) < end)
                continue;
            svg.Append(CultureInfo.InvariantCulture, $"<text x='{X(chord.Start) + 1:0.0}' y='10'>{Infrastructure.Inference.Composer.Scoring.ChordNames.Of(chord.Chord)}</text>");
            end = X(chord.Start) + 34;
        }

        foreach (var (role, note) in notes)
            svg.Append(CultureInfo.InvariantCulture, $"<rect x='{X(note.Start):0.0}' y='{Y(note.Pitch):0.0}' width='{Math.Max(1, X(Math.Min(note.Length, beats - note.Start)) - 0.5):0.0}' height='3' fill='{Colours[(int)role]}' opacity='{0.35 + (0.65 * note.Velocity):0.00}'/>");
        foreach (var note in piece.Score.Parts.Where(p => p.Role == Role.Drums).SelectMany(p => p.Notes))
            svg.Append(CultureInfo.InvariantCulture, $"<rect x='{X(note.Start):0.0}' y='{Height - 6 - (note.Pitch % 6 * 4)}' width='1.6' height='3' fill='{Colours[4]}'/>");
        return svg.Append("</svg>").ToString();
    }

    private static (byte R, byte G, byte B) Colour(double level)
    {
        var place = level * (Ramp.Length - 1);
        var i = Math.Min(Ramp.Length - 2, (int)place);
        var (a, b, f) = (Ramp[i], Ramp[i + 1], place - i);
        return ((byte)(a.R + (f * (b.R - a.R))), (byte)(a.G + (f * (b.G - a.G))), (byte)(a.B + (f * (b.B - a.B))));
    }
}
