using MusicGen.Infrastructure.Inference.Decoder;
using static TorchSharp.torch;

namespace MusicGen.Infrastructure.Inference.Sampling;

/// <summary>
/// <see cref="LogitsSampler"/> in tensors, for several songs at once: the scores stay on the device that made them. The same
/// scores and numbers give the same codes, unless a number falls between two ways of rounding the same sum of float64.
/// </summary>
internal sealed class TensorSampler : IDisposable
{
    private readonly DecoderConfig _config;
    private readonly bool _isGuided, _isCut, _isNucleus, _isGreedy, _isDrawn; // whether any song is
    private readonly Tensor _first, _second;                                  // [S], rows of the scores
    private readonly Tensor _guided, _scale, _temperature, _place, _rest;     // [S, 1, 1]
    private readonly Tensor _greedy;                                          // [S, 1]

    /// <param name="songs">How each song's codes are chosen, and its rows: two under guidance.</param>
    /// <param name="config">Codebooks and cardinality.</param>
    /// <param name="device">Where the scores will be.</param>
    public TensorSampler(IReadOnlyList<(SamplingSettings Settings, int Rows)> songs, DecoderConfig config, Device device)
    {
        _config = config;
        bool IsCut(SamplingSettings s) => s.TopK > 0 && s.TopK < config.Cardinality;
        static bool IsNucleus(SamplingSettings s) => s.TopP is > 0 and < 1;
        _isGuided = songs.Any(s => s.Rows > 1);
        _isNucleus = songs.Any(s => IsNucleus(s.Settings));
        _isCut = _isNucleus || songs.Any(s => IsCut(s.Settings));
        _isGreedy = songs.Any(s => s.Settings.IsGreedy);
        _isDrawn = songs.Any(s => !s.Settings.IsGreedy);

        using var scope = NewDisposeScope();
        Tensor Each(Tensor values) => scope.Detach(values.view(-1, 1, 1).to(device));
        var firsts = songs.Select((_, i) => (long)songs.Take(i).Sum(s => s.Rows)).ToArray();
        _first = scope.Detach(tensor(firsts, device: device));
        _second = scope.Detach(tensor(firsts.Select((first, i) => first + songs[i].Rows - 1).ToArray(), device: device));
        _guided = Each(tensor(songs.Select(s => s.Rows > 1).ToArray()));
        _scale = Each(tensor(songs.Select(s => (float)s.Settings.GuidanceScale).ToArray()));
        _temperature = Each(tensor(songs.Select(s => s.Settings.IsGreedy ? 1 : (float)s.Settings.Temperature).ToArray()));
        _place = Each(tensor(songs.Select(s => IsCut(s.Settings) ? (long)config.Cardinality - s.Settings.TopK : 0).ToArray()));
        _rest = Each(tensor(songs.Select(s => IsNucleus(s.Settings) ? 1 - s.Settings.TopP : -1).ToArray())); // every sum passes -1
        _greedy = scope.Detach(tensor(songs.Select(s => s.Settings.IsGreedy).ToArray(), device: device).view(-1, 1));
    }

    /// <summary>Chooses, in the queue of the scores' device.</summary>
    /// <param name="logits">[rows, codebooks · cardinality] of float32, the songs' rows in their order.</param>
    /// <param name="uniforms">From 0 up to but not 1, [S, codebooks] of float64.</param>
    /// <returns>[S, codebooks] of int64.</returns>
    public Tensor Choose(Tensor logits, Tensor uniforms)
    {
        using var scope = NewDisposeScope();
        var scores = Rows(logits, _first);
        if (_isGuided)
        {
            var unconditional = Rows(logits, _second);
            scores = where(_guided, unconditional + (_scale * (scores - unconditional)), scores);
        }

        var likeliest = _isGreedy ? scores.argmax(-1) : null; // the first of equals
        var drawn = _isDrawn ? Draw(Cut(scores / _temperature), uniforms) : null;
        return scope.MoveToOuter(drawn is null ? likeliest! : likeliest is null ? drawn : where(_greedy, likeliest, drawn));
    }

    public void Dispose()
    {
        foreach (var own in new[] { _first, _second, _guided, _scale, _temperature, _place, _rest, _greedy })
            own.Dispose();
    }

    // [S, codebooks, cardinality]
    private Tensor Rows(Tensor logits, Tensor rows) => logits.index_select(0, rows).view(-1, _config.Codebooks, _config.Cardinality);

    // What neither top-k nor top-p leaves has no chance.
    private Tensor Cut(Tensor scores)
    {
        if (!_isCut)
            return scores;
        var sorted = scores.sort(-1).Values;
        var least = sorted.gather(-1, _place.expand(-1, _config.Codebooks, 1));
        if (_isNucleus)
        {
            sorted = sorted.masked_fill(sorted < least, double.NegativeInfinity);
            var weights = Weights(sorted);
            var sums = (weights / weights.sum([-1], keepdim: true)).cumsum(-1);
            least = maximum(least, where(sums > _rest, sorted, Last(sorted)).amin([-1], keepdim: true)); // the best always stays
        }

        return scores.masked_fill(scores < least, double.NegativeInfinity);
    }

    // The first whose sum passes the number; never one without weight, however a device rounds its sums.
    private Tensor Draw(Tensor scores, Tensor uniforms)
    {
        var weights = Weights(scores);
        var sums = weights.cumsum(-1);
        return ((sums > uniforms.unsqueeze(-1) * Last(sums)) & (weights > 0)).to(ScalarType.Byte).argmax(-1);
    }

    private static Tensor Weights(Tensor scores) => (scores - scores.amax([-1], keepdim: true)).to(ScalarType.Float64).exp();

    private Tensor Last(Tensor x) => x.narrow(-1, _config.Cardinality - 1, 1);
}
