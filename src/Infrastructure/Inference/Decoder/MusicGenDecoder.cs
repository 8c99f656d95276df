using MusicGen.Infrastructure.Inference.Checkpoints;
using static TorchSharp.torch;

namespace MusicGen.Infrastructure.Inference.Decoder;

/// <summary>
/// The language model of MusicGen (Copet et al. 2023): a sum of one embedding a codebook, sinusoidal positions, layers, and
/// one head a codebook. Several songs go through in one pass, each at its own column.
/// </summary>
internal sealed class MusicGenDecoder : IDisposable
{
    private readonly DecoderConfig _config;
    private readonly Device _device;
    private readonly ScalarType _type;
    private readonly Tensor _embeddings;
    private readonly SinusoidalPositions _positions;
    private readonly DecoderLayer[] _layers;
    private readonly LayerNorm _norm;
    private readonly Tensor _heads;

    public MusicGenDecoder(DecoderConfig config, bool hasCrossAttention, IWeights weights, Device device, ScalarType type)
    {
        (_config, _device, _type) = (config, device, type);
        var codebooks = Enumerable.Range(0, config.Codebooks).ToList();
        _embeddings = weights.LoadRows(codebooks.Select(k => $"decoder.model.decoder.embed_tokens.{k}.weight"), device, type); // [C*(V+1), h]
        _positions = new SinusoidalPositions(config, device, type);
        _layers = [.. Enumerable.Range(0, config.Layers).Select(i => new DecoderLayer(config, i, hasCrossAttention, weights, device, type))];
        _norm = new LayerNorm("decoder.model.decoder.layer_norm", weights, device, type);
        _heads = weights.LoadRows(codebooks.Select(k => $"decoder.lm_heads.{k}.weight"), device, type);                          // [C*V, h]
    }

    /// <summary>An empty cache for a song.</summary>
    public KeyValueCache NewCache(int rows, int capacity) => new(_config, rows, capacity, _device, _type);

    /// <summary>What every layer hears of a text.</summary>
    /// <param name="text">Projected to the decoder's width, [S, h].</param>
    public TextCondition Condition(Tensor text)
    {
        using var scope = NewDisposeScope();
        var heard = text.to(_type, _device);
        return new TextCondition([.. _layers.Select(layer => layer.Hear(heard))]);
    }

    /// <summary>The input of columns of codes.</summary>
    /// <param name="codes">[T][C], special tokens included.</param>
    /// <param name="position">Of the first column.</param>
    /// <returns>[T, h]</returns>
    public Tensor Embed(IReadOnlyList<int[]> codes, int position)
    {
        using var scope = NewDisposeScope();
        var x = EmbedCodes(codes);
        return scope.MoveToOuter(x + _positions.Of(position, codes.Count));
    }

    /// <summary>The input of one next column of each of several songs.</summary>
    /// <param name="codes">[songs][C]</param>
    /// <param name="positions">Of each song.</param>
    /// <returns>[songs, h]</returns>
    public Tensor EmbedNext(IReadOnlyList<int[]> codes, IReadOnlyList<int> positions)
    {
        using var scope = NewDisposeScope();
        return scope.MoveToOuter(EmbedCodes(codes) + cat([.. positions.Select(p => _positions.Of(p, 1))], 0));
    }

    /// <summary>A prefix of conditions, which have positions like codes.</summary>
    /// <param name="prefix">[T, h]</param>
    public Tensor EmbedPrefix(Tensor prefix)
    {
        using var scope = NewDisposeScope();
        return scope.MoveToOuter(prefix.to(_type, _device) + _positions.Of(0, (int)prefix.shape[0]));
    }

    /// <summary>One pass.</summary>
    /// <param name="x">Rows of all songs, then rows of nobody that keep the shape of the products the same, [N, h].</param>
    /// <param name="lanes">Who the rows belong to, in their order.</param>
    /// <returns>The last hidden state, [N, h].</returns>
    public Tensor Forward(Tensor x, IReadOnlyList<Lane> lanes)
    {
        using var scope = NewDisposeScope();
        foreach (var layer in _layers)
            x = layer.Forward(x, lanes);
        foreach (var lane in lanes)
            lane.Cache.Advance(lane.Columns);
        return scope.MoveToOuter(_norm.Forward(x));
    }

    /// <summary>Scores of every code, [N, C*V] in float32, from hidden states [N, h].</summary>
    public Tensor Logits(Tensor hidden)
    {
        using var scope = NewDisposeScope();
        return scope.MoveToOuter(nn.functional.linear(hidden, _heads).to(ScalarType.Float32, CPU));
    }

    public void Dispose()
    {
        _embeddings.Dispose();
        _positions.Dispose();
        foreach (var layer in _layers)
            layer.Dispose();
        _norm.Dispose();
        _heads.Dispose();
    }

    // Added one codebook after the other, as the reference does: another order differs in the last bit.
    private Tensor EmbedCodes(IReadOnlyList<int[]> codes)
    {
        Tensor? x = null;
        for (var k = 0; k < _config.Codebooks; k++)
        {
            var rows = codes.Select(c => c[k] + (k * (_config.Cardinality + 1))).ToArray();
            var embedded = _embeddings.index_select(0, tensor(rows, device: _device));
            x = x is null ? embedded : x + embedded;
        }

        return x!;
    }
}
