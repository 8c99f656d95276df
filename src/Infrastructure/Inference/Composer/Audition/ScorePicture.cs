using System.Globalization;
using System.Text;
using MusicGen.Infrastructure.Inference.Composer.Planning;
using MusicGen.Infrastructure.Inference.Composer.Scoring;

namespace MusicGen.Infrastructure.Inference.Composer.Audition;

/// <summary>What a score looks like, as SVG.</summary>
internal static class ScorePicture
{
    private const int Width = Spectrogram.Width;
    private const int Height = Spectrogram.Height;

    /// <summary>A colour for each <see cref="Role"/>.</summary>
    public static readonly IReadOnlyList<string> Colours = ["#d9534f", "#3b7dd8", "#8a63d2", "#2e9e6b", "#8c8c8c"];

    /// <summary>The notes as bars over the bars of the music, a colour for each kind of player, chord names above.</summary>
    public static string Draw(Piece piece)
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
            svg.Append(CultureInfo.InvariantCulture, $"<text x='{X(chord.Start) + 1:0.0}' y='10'>{ChordNames.Of(chord.Chord)}</text>");
            end = X(chord.Start) + 34;
        }

        foreach (var (role, note) in notes)
            svg.Append(CultureInfo.InvariantCulture, $"<rect x='{X(note.Start):0.0}' y='{Y(note.Pitch):0.0}' width='{Math.Max(1, X(Math.Min(note.Length, beats - note.Start)) - 0.5):0.0}' height='3' fill='{Colours[(int)role]}' opacity='{0.35 + (0.65 * note.Velocity):0.00}'/>");
        foreach (var note in piece.Score.Parts.Where(p => p.Role == Role.Drums).SelectMany(p => p.Notes))
            svg.Append(CultureInfo.InvariantCulture, $"<rect x='{X(note.Start):0.0}' y='{Height - 6 - (note.Pitch % 6 * 4)}' width='1.6' height='3' fill='{Colours[4]}'/>");
        return svg.Append("</svg>").ToString();
    }
}
