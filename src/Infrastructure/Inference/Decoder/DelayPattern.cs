namespace MusicGen.Infrastructure.Inference.Decoder;

/// <summary>
/// The delay pattern of MusicGen (Copet et al. 2023, section 2.2) over a matrix of codebooks by columns: codebook k of a
/// channel runs k columns behind the first. Stereo interleaves its channels: L0 R0 L1 R1 and so on.
/// </summary>
/// <remarks>
/// Column 0 is the start, all special tokens. As the reference does, a matrix of fewer than 2Q-1 columns has no delay.
/// </remarks>
internal sealed class DelayPattern
{
    private readonly int _special;
    private readonly int _channels;
    private readonly int _perChannel;
    private readonly int[][] _given;

    /// <param name="config">Codebooks and channels.</param>
    /// <param name="given">Codes to go on from, [codebooks][P]; P may be 0.</param>
    /// <param name="steps">Columns to make after the start and the given ones.</param>
    public DelayPattern(DecoderConfig config, int[][] given, int steps)
    {
        (_special, _channels, _perChannel, _given) = (config.SpecialToken, config.Channels, config.CodebooksPerChannel, given);
        Given = given[0].Length;
        Columns = 1 + Given + steps;
        Codes = new int[config.Codebooks][];
        for (var row = 0; row < Codes.Length; row++)
        {
            Codes[row] = new int[Columns];
            for (var column = 0; column < Columns; column++)
                Codes[row][column] = Forced(row, column) ?? _special;
        }
    }

    /// <summary>P.</summary>
    public int Given { get; }

    /// <summary>Columns of the matrix, the start included.</summary>
    public int Columns { get; }

    /// <summary>Frames that come out when the pattern is undone, the given ones included.</summary>
    public int Frames => IsDelayed ? Columns - _perChannel : Columns - 1;

    /// <summary>The matrix, [codebooks][columns].</summary>
    public int[][] Codes { get; }

    private bool IsDelayed => Columns >= (2 * _perChannel) - 1;

    /// <summary>Steps that give so many new frames.</summary>
    public static int StepsFor(DecoderConfig config, int frames) => frames + config.CodebooksPerChannel - 1;

    /// <summary>The frame whose code a place holds; negative, or from <see cref="Frames"/> on, where none does.</summary>
    public int FrameOf(int row, int column) => column - 1 - (IsDelayed ? row / _channels : 0);

    /// <summary>Whether a drawn code belongs into a place, or something else is fixed there.</summary>
    public bool IsFree(int row, int column) => Forced(row, column) is null;

    /// <summary>The codes without start, delay and end, [codebooks][<see cref="Frames"/>].</summary>
    public int[][] Undo()
    {
        var codes = new int[Codes.Length][];
        for (var row = 0; row < codes.Length; row++)
            codes[row] = Codes[row][(1 + (IsDelayed ? row / _channels : 0))..][..Frames];
        return codes;
    }

    private int? Forced(int row, int column)
    {
        if (column == 0)
            return _special;
        var frame = FrameOf(row, column);
        if (frame < 0 || frame >= Frames)
            return _special;
        return frame < Given ? _given[row][frame] : null;
    }
}
