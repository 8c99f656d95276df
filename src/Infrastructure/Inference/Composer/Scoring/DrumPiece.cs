namespace MusicGen.Infrastructure.Inference.Composer.Scoring;

/// <summary>The pieces of the kit by their numbers in General MIDI.</summary>
internal static class DrumPiece
{
    public const int GranCassa = 35, Kick = 36, SideStick = 37, Snare = 38, Clap = 39, ClosedHat = 42, LowTom = 45, OpenHat = 46,
        MidTom = 47, Crash = 49, HighTom = 50, Ride = 51, Tambourine = 54, Conga = 63, Shaker = 70, Brush = 68;
}
