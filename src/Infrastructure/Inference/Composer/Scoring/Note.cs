namespace MusicGen.Infrastructure.Inference.Composer.Scoring;

/// <summary>One note.</summary>
/// <param name="Start">In beats from the start of the piece.</param>
/// <param name="Length">In beats.</param>
/// <param name="Pitch">MIDI note number; a part of drums takes the numbers of General MIDI's percussion.</param>
/// <param name="Velocity">0 to 1.</param>
internal readonly record struct Note(double Start, double Length, int Pitch, double Velocity)
{
    public double End => Start + Length;
}

/// <summary>What one player plays, in order of time.</summary>
internal sealed record Part(Planning.Role Role, string Instrument, IReadOnlyList<Note> Notes);

/// <summary>The whole piece, ready to be played.</summary>
/// <param name="Parts">One for each player, in the order of the band.</param>
/// <param name="Chords">The harmony that the parts were written over, without gaps.</param>
internal sealed record Score(IReadOnlyList<Part> Parts, IReadOnlyList<ChordSpan> Chords);
