using MusicGen.Infrastructure.Inference.Checkpoints;
using static TorchSharp.torch;

namespace MusicGen.Infrastructure.Inference.Decoder;

/// <summary>The decoder on libtorch: for GPUs, and the measure that others are held against.</summary>
internal sealed class TorchDecoder : IDecoder
{
    private readonly DecoderConfig _config;
    private readonly Device _device;
    private readonly ScalarType _type;
    private readonly Tensor _embeddings;
    private readonly SinusoidalPositions _positions;
    private readonly TorchDecoderLayer[] _layers;
    private readonly LayerNorm _norm;
    private readonly Tensor _heads;

    public TorchDecoder(DecoderConfig config, bool hasCrossAttention, IWeights weights, Device device, ScalarType type)
    {
        (_config, _device, _type) = (config, device, type);
        var codebooks = Enumerable.Range(0, config.Codebooks).ToList();
        _embeddings = weights.LoadRows(codebooks.Select(k => $"decoder.model.decoder.embed_tokens.{k}.weight"), device, type); // [C*(V+1), h]
        _positions = new SinusoidalPositions(config, device, type);
        _layers = [.. Enumerable.Range(0, config.Layers).Select(i => new TorchDecoderLayer(config, i, hasCrossAttention, weights, device, type))];
        _norm = new LayerNorm("decoder.model.decoder.layer_norm", weights, device, type);
        _heads = weights.LoadRows(codebooks.Select(k => $"decoder.lm_heads.{k}.weight"), device, type);                          // [C*V, h]
    }

    public IHeardText Hear(Tensor text)
    {
        using var scope = NewDisposeScope();
        var heard = text.to(_type, _device);
        return new TorchText([.. _layers.Select(layer => layer.Hear(heard))]);
    }

    public IDecoderCache NewCache(int rows, int capacity) => new TorchCache(_config, rows, capacity, _device, _type);

    public long CacheBytes(int rows, int capacity) =>
        TorchCache.BytesFor(_config, rows, capacity, _type == ScalarType.Float32 ? sizeof(float) : sizeof(ushort));

    public ReadOnlySpan<float> Pass(IReadOnlyList<Lane> lanes, int rows)
    {
        using var scope = NewDisposeScope();
        var x = Enter(lanes);                                                                                   // [N, h]
        if (x.shape[0] < rows)
            x = cat([x, x.narrow(0, 0, 1).expand(rows - x.shape[0], -1)], 0);
        foreach (var layer in _layers)
            x = layer.Forward(x, lanes);

        var (lasts, at) = (new List<int>(rows), 0);
        foreach (var lane in lanes)
        {
            for (var row = 0; row < lane.Rows; row++)
                lasts.Add(at += lane.Columns);
            ((TorchCache)lane.Cache).Advance(lane.Columns);
        }

        var count = lasts.Count;
        lasts.AddRange(Enumerable.Repeat(1, Math.Max(0, rows - count)));
        var hidden = _norm.Forward(x.index_select(0, tensor(lasts.Select(l => l - 1).ToArray(), device: _device)));
        var logits = nn.functional.linear(hidden, _heads).to(ScalarType.Float32, CPU).data<float>().ToArray();
        return logits.AsSpan(0, count * _config.Codebooks * _config.Cardinality);
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

    // The input of all lanes, row by row: a prefix has positions like codes.
    private Tensor Enter(IReadOnlyList<Lane> lanes)
    {
        var codes = EmbedCodes([.. lanes.SelectMany(l => l.Codes)]);
        var (rows, at) = (new List<Tensor>(), 0);
        foreach (var lane in lanes)
        {
            var own = codes.narrow(0, at, lane.Codes.Count) + _positions.Of(lane.Cache.Length + lane.PrefixLength, lane.Codes.Count);
            for (var row = 0; row < lane.Rows; row++)
            {
                if (lane.PrefixLength > 0)
                    rows.Add(lane.Prefixes[row].to(_type, _device) + _positions.Of(0, lane.PrefixLength));
                rows.Add(own);
            }

            at += lane.Codes.Count;
        }

        return cat(rows, 0);
    }

    // Added one codebook after the other, as the reference does: another order differs in the last bit.
    private Tensor EmbedCodes(List<int[]> codes)
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
