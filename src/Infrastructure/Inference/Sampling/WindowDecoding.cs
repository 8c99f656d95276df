using MusicGen.Infrastructure.Inference.Decoder;

namespace MusicGen.Infrastructure.Inference.Sampling;

/// <summary>
/// The autoregressive loop over one window of a song, turned inside out: it offers its next column to a pass that may
/// serve other songs too, and takes the scores that come back.
/// </summary>
internal sealed class WindowDecoding : IDisposable
{
    private readonly MusicGenModel _model;
    private readonly Conditions _conditions;
    private readonly SamplingSettings _settings;
    private readonly CodeDice _dice;
    private readonly DelayPattern _pattern;
    private readonly IDecoderCache _cache;
    private readonly Lane _next;
    private readonly LogitsSampler _sampler;
    private readonly int _firstFrame;
    private int _column;

    /// <param name="model">The model.</param>
    /// <param name="conditions">What the song hears; stays the caller's.</param>
    /// <param name="settings">How codes are chosen.</param>
    /// <param name="dice">The song's chance.</param>
    /// <param name="given">Codes to go on from, [codebooks][P].</param>
    /// <param name="frames">New frames.</param>
    /// <param name="firstFrame">Of the window within the song.</param>
    public WindowDecoding(
        MusicGenModel model, Conditions conditions, SamplingSettings settings, CodeDice dice, int[][] given, int frames, int firstFrame)
    {
        (_model, _conditions, _settings, _dice, _firstFrame) = (model, conditions, settings, dice, firstFrame);
        var config = model.Config.Decoder;
        _pattern = new DelayPattern(config, given, DelayPattern.StepsFor(config, frames));
        _sampler = new LogitsSampler(config.Cardinality);
        _cache = model.Decoder.NewCache(conditions.Rows, conditions.PrefixLength + _pattern.Columns);
        _next = new Lane([new int[config.Codebooks]], _cache, conditions.Texts, []);
    }

    /// <summary>Rows that it has in a pass.</summary>
    public int Rows => _conditions.Rows;

    /// <summary>How its codes are chosen.</summary>
    public SamplingSettings Settings => _settings;

    /// <summary>Columns to come after the last one whose codes are here.</summary>
    public int Remaining => _pattern.Columns - 1 - _column;

    /// <summary>The steps on a device that it takes part in; null where there are none.</summary>
    public DeviceRun? Run { get; private set; }

    public bool IsDone => Remaining == 0;

    /// <summary>The column to be fed next; until the one after is asked for.</summary>
    public Lane NextLane
    {
        get
        {
            for (var row = 0; row < _pattern.Codes.Length; row++)
                _next.Codes[0][row] = _pattern.Codes[row][_column];
            return _next;
        }
    }

    /// <summary>Frames whose codes are all chosen, the given ones included.</summary>
    public int FramesReady => Math.Max(_pattern.Given, _pattern.FrameOf(_pattern.Codes.Length - 1, _column) + 1);

    /// <summary>Codes of the window without delay, [codebooks][given + new frames]; final up to <see cref="FramesReady"/>.</summary>
    public int[][] Codes => _pattern.Undo();

    /// <summary>The first pass, alone: prefix, start and given columns at once. It makes the first step.</summary>
    public void Prefill()
    {
        _column = _pattern.Given;
        var lane = new Lane([.. Enumerable.Range(0, _column + 1).Select(Column)], _cache, _conditions.Texts, _conditions.Prefixes);
        Accept(_model.Decoder.Pass([lane], lane.Rows));
    }

    /// <summary>Chooses the next column from the scores of the last one.</summary>
    /// <param name="logits">[rows × codebooks × cardinality]</param>
    public void Accept(ReadOnlySpan<float> logits)
    {
        var (codebooks, cardinality) = (_model.Config.Decoder.Codebooks, _model.Config.Decoder.Cardinality);
        _column++;
        for (var row = 0; row < codebooks; row++)
        {
            if (!_pattern.IsFree(row, _column))
                continue;
            var conditional = logits.Slice(row * cardinality, cardinality);
            var unconditional = Rows == 1 ? default : logits.Slice((codebooks + row) * cardinality, cardinality);
            _pattern.Codes[row][_column] = _sampler.Choose(conditional, unconditional, _settings, Uniform(row, _column));
        }
    }

    /// <summary>What a place will hold: a code, or nothing that is known and the number to draw one with.</summary>
    /// <param name="row">Codebook.</param>
    /// <param name="ahead">Columns after the last one whose codes are here.</param>
    public (int? Code, double Uniform) Place(int row, int ahead)
    {
        var column = _column + ahead;
        return ahead > 0 && _pattern.IsFree(row, column) ? (null, Uniform(row, column)) : (_pattern.Codes[row][column], 0);
    }

    /// <summary>Takes part in a run instead of the one before.</summary>
    public void Join(DeviceRun run)
    {
        Run?.Leave();
        Run = run;
    }

    /// <summary>Takes the next column, which a device has chosen.</summary>
    /// <param name="codes">One of each codebook.</param>
    public void Take(ReadOnlySpan<long> codes)
    {
        _column++;
        for (var row = 0; row < codes.Length; row++)
            _pattern.Codes[row][_column] = (int)codes[row];
    }

    public void Dispose()
    {
        Run?.Leave();
        Run = null;
        _cache.Dispose();
    }

    private double Uniform(int row, int column) => _settings.IsGreedy ? 0 : _dice.Uniform(_firstFrame + _pattern.FrameOf(row, column), row);

    private int[] Column(int column) => [.. _pattern.Codes.Select(row => row[column])];
}
