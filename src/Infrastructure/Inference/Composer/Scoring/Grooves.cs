using MusicGen.Infrastructure.Inference.Composer.Planning;

namespace MusicGen.Infrastructure.Inference.Composer.Scoring;

/// <summary>One line of a drum pattern: X loud, x normal, o soft, sixteen steps to a bar of four.</summary>
internal readonly record struct DrumLine(int Piece, string Steps);

/// <summary>What the drums play in each groove, soft and full.</summary>
internal static class Grooves
{
    /// <summary>The lines of one bar. Variant 0 to 2 chooses among kick figures; a full groove adds what a soft one spares.</summary>
    public static DrumLine[] Of(Groove groove, bool isFull, int variant) => groove switch
    {
        Groove.Jazz =>
        [
            new(DrumPiece.Ride, "x...X.o.x...X.o."), new(DrumPiece.ClosedHat, "....x.......x..."),
            new(DrumPiece.Kick, isFull ? "o...o...o...o..." : "o......."),
            new(isFull ? DrumPiece.Snare : DrumPiece.Brush, Pick(variant, "......o.......o.", "..o.......o.....", "..............o.")),
        ],
        Groove.Rock =>
        [
            new(DrumPiece.Kick, Pick(variant, "X.......X.x.....", "X.....x.X.......", "X..x....X..x....")), new(DrumPiece.Snare, "....X.......X..."),
            new(isFull ? DrumPiece.OpenHat : DrumPiece.ClosedHat, isFull ? "X...x...X...x..." : "x.o.x.o.x.o.x.o."), new(DrumPiece.ClosedHat, isFull ? "..o...o...o...o." : "................"),
        ],
        Groove.House =>
        [
            new(DrumPiece.Kick, "X...X...X...X..."), new(DrumPiece.Clap, isFull ? "....X.......X..." : "............X..."), new(DrumPiece.OpenHat, isFull ? "..x...x...x...x." : "................"),
            new(DrumPiece.ClosedHat, Pick(variant, "o.o.o.o.o.o.o.o.", "oo.ooo.ooo.ooo.o", "..o...o...o...oo")), new(DrumPiece.Shaker, isFull ? "oooooooooooooooo" : "................"),
        ],
        Groove.HipHop =>
        [
            new(DrumPiece.Kick, Pick(variant, "X......x..X.....", "X.x.......Xx....", "X.....x...X..x..")), new(DrumPiece.Snare, isFull ? "....X..o....X..." : "....X.......X..."),
            new(DrumPiece.ClosedHat, isFull ? "x.o.x.o.x.oox.o." : "x...x...x...x..."),
        ],
        Groove.Pop =>
        [
            new(DrumPiece.Kick, Pick(variant, "X.......X.......", "X......xX.......", "X.....x.X.x.....")), new(isFull ? DrumPiece.Snare : DrumPiece.SideStick, "....X.......X..."),
            new(DrumPiece.ClosedHat, isFull ? "xoxoxoxoxoxoxoxo" : "x.o.x.o.x.o.x.o."), new(DrumPiece.Tambourine, isFull ? "....x.......x..." : "................"),
        ],
        Groove.Metal =>
        [
            new(DrumPiece.Kick, isFull ? Pick(variant, "xoxoxoxoxoxoxoxo", "x.oox.oox.oox.oo", "xox.xox.xox.xox.") : "X.x...x.X.x...x."), new(DrumPiece.Snare, "....X.......X..."),
            new(isFull ? DrumPiece.Crash : DrumPiece.ClosedHat, isFull ? "o..............." : "x...x...x...x..."), new(DrumPiece.Ride, isFull ? "x...x...x...x..." : "................"),
        ],
        Groove.OneDrop =>
        [
            new(DrumPiece.Kick, variant == 1 ? "X...X...X...X..." : "........X......."), new(DrumPiece.SideStick, Pick(variant, "........X.......", "........X.....o.", "........X..o....")),
            new(DrumPiece.ClosedHat, isFull ? "x.ox.ox.x.ox.ox." : "x.o.x.o.x.o.x.o."),
        ],
        Groove.Train =>
        [
            new(DrumPiece.Kick, "x.......x......."), new(DrumPiece.Snare, isFull ? "o.ooX.oo.oooX.oo" : "....x.......x..."), new(DrumPiece.ClosedHat, "..x...x...x...x."),
        ],
        Groove.Shuffle =>
        [
            new(DrumPiece.Kick, Pick(variant, "X.......X.......", "X.......X.x.....", "X.....x.X.......")), new(DrumPiece.Snare, "....X.......X..."), new(isFull ? DrumPiece.Ride : DrumPiece.ClosedHat, "X.o.x.o.X.o.x.o."),
        ],
        Groove.Light =>
        [
            new(DrumPiece.Shaker, isFull ? "xoxoxoxoxoxoxoxo" : "x.o.x.o.x.o.x.o."), new(DrumPiece.Conga, isFull ? Pick(variant, "x..x..x.x..x.x..", "..x...xx..x...x.", "x.....x...x...x.") : "................"),
            new(DrumPiece.Kick, isFull ? "x.......x......." : "x..............."), new(DrumPiece.Tambourine, isFull ? "....x.......x..." : "................"),
        ],
        Groove.Orchestral =>
        [
            new(DrumPiece.GranCassa, isFull ? Pick(variant, "X.......x.x.....", "X.....x.X.......", "X..x..x.X.......") : "x..............."), new(DrumPiece.LowTom, isFull ? Pick(variant, "..xxx.x...xxx.xx", "x.oox.oox.oox.xx", "......xx......xx") : "................"),
            new(DrumPiece.Snare, isFull ? "o...o.o.o...o.oo" : "................"),
        ],
        _ => [],
    };

    private static string Pick(int variant, params ReadOnlySpan<string> options) => options[variant % options.Length];
}
