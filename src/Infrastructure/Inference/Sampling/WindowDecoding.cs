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

    public bool IsDone => _column == _pattern.Columns - 1;

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
            var uniform = _settings.IsGreedy ? 0 : _dice.Uniform(_firstFrame + _pattern.FrameOf(row, _column), row);
            _pattern.Codes[row][_column] = _sampler.Choose(conditional, unconditional, _settings, uniform);
        }
    }

    public void Dispose() => _cache.Dispose();

    private int[] Column(int column) => [.. _pattern.Codes.Select(row => row[column])];
}
