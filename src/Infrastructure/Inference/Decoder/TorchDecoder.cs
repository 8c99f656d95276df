using MusicGen.Infrastructure.Inference.Checkpoints;
using static TorchSharp.torch;

namespace MusicGen.Infrastructure.Inference.Decoder;

/// <summary>The decoder on libtorch: for GPUs, and the measure that others are held against.</summary>
internal sealed class TorchDecoder : IDeviceDecoder
{
    private readonly DecoderConfig _config;
    private readonly ScalarType _type;
    private readonly Tensor _embeddings;
    private readonly Tensor _firsts;
    private readonly Tensor _silence;
    private readonly SinusoidalPositions _positions;
    private readonly TorchDecoderLayer[] _layers;
    private readonly LayerNorm _norm;
    private readonly Tensor _heads;

    public TorchDecoder(DecoderConfig config, bool hasCrossAttention, IWeights weights, Device device, ScalarType type)
    {
        (_config, Device, _type) = (config, device, type);
        var codebooks = Enumerable.Range(0, config.Codebooks).ToList();
        _embeddings = weights.LoadRows(codebooks.Select(k => $"decoder.model.decoder.embed_tokens.{k}.weight"), device, type); // [C*(V+1), h]
        _firsts = tensor(codebooks.Select(k => (long)k * (config.Cardinality + 1)).ToArray(), device: device).DetachFromDisposeScope(); // [C], where each codebook's begin
        _silence = zeros([1, config.Width], type, device).DetachFromDisposeScope();
        _positions = new SinusoidalPositions(config, device, type);
        _layers = [.. Enumerable.Range(0, config.Layers).Select(i => new TorchDecoderLayer(config, i, hasCrossAttention, weights, device, type, _silence))];
        _norm = new LayerNorm("decoder.model.decoder.layer_norm", weights, device, type);
        _heads = weights.LoadRows(codebooks.Select(k => $"decoder.lm_heads.{k}.weight"), device, type);                          // [C*V, h]
    }

    public Device Device { get; }

    public IHeardText Hear(Tensor text)
    {
        using var scope = NewDisposeScope();
        var heard = text.to(_type, Device);
        return new TorchText([.. _layers.Select(layer => layer.Hear(heard))]);
    }

    public IDecoderCache NewCache(int rows, int capacity) => new TorchCache(_config, rows, capacity, Device, _type);

    public ReadOnlySpan<float> Pass(IReadOnlyList<Lane> lanes, int rows)
    {
        using var scope = NewDisposeScope();
        var x = Enter(lanes);                                                                                   // [N, h]
        if (x.shape[0] < rows)
            x = cat([x, x.narrow(0, 0, 1).expand(rows - x.shape[0], -1)], 0);

        var (lasts, at) = (new List<int>(rows), 0);
        foreach (var lane in lanes)
        {
            for (var row = 0; row < lane.Rows; row++)
                lasts.Add((at += lane.Columns) - 1);
        }

        var count = lasts.Count;
        lasts.AddRange(Enumerable.Repeat(0, Math.Max(0, rows - count)));
        x = Run(x, lanes).index_select(0, tensor(lasts.ToArray(), device: Device));
        var logits = Score(x).to(CPU).data<float>().ToArray();
        return logits.AsSpan(0, count * _config.Codebooks * _config.Cardinality);
    }

    public Tensor Step(IReadOnlyList<Lane> lanes, Tensor codes, Tensor songs)
    {
        using var scope = NewDisposeScope();
        var x = Embed(codes) + cat([.. lanes.Select(l => _positions.Of(l.Cache.Length, 1))], 0); // [S, h]
        return scope.MoveToOuter(Score(Run(x.index_select(0, songs), lanes)));
    }

    public void Dispose()
    {
        _embeddings.Dispose();
        _firsts.Dispose();
        _silence.Dispose();
        _positions.Dispose();
        foreach (var layer in _layers)
            layer.Dispose();
        _norm.Dispose();
        _heads.Dispose();
    }

    // The input of all lanes, row by row: a prefix has positions like codes.
    private Tensor Enter(IReadOnlyList<Lane> lanes)
    {
        var flat = lanes.SelectMany(l => l.Codes).SelectMany(column => column).Select(code => (long)code).ToArray();
        var codes = Embed(tensor(flat, device: Device).view(-1, _config.Codebooks));
        var (rows, at) = (new List<Tensor>(), 0);
        foreach (var lane in lanes)
        {
            var own = codes.narrow(0, at, lane.Codes.Count) + _positions.Of(lane.Cache.Length + lane.PrefixLength, lane.Codes.Count);
            for (var row = 0; row < lane.Rows; row++)
            {
                if (lane.PrefixLength > 0)
                    rows.Add(lane.Prefixes[row].to(_type, Device) + _positions.Of(0, lane.PrefixLength));
                rows.Add(own);
            }

            at += lane.Codes.Count;
        }

        return cat(rows, 0);
    }

    private Tensor Run(Tensor x, IReadOnlyList<Lane> lanes)
    {
        foreach (var layer in _layers)
            layer.AddTo(x, lanes);
        foreach (var lane in lanes)
            ((TorchCache)lane.Cache).Advance(lane.Columns);
        return x;
    }

    private Tensor Score(Tensor x) => nn.functional.linear(_norm.Forward(x), _heads).to(ScalarType.Float32);

    // Added one codebook after the other, as the reference does: another order differs in the last bit.
    private Tensor Embed(Tensor codes)
    {
        var all = _embeddings.index_select(0, (codes + _firsts).view(-1)).view(-1, _config.Codebooks, _config.Width); // [T, C, h]
        var x = all.select(1, 0);
        for (var k = 1; k < _config.Codebooks; k++)
            x = x + all.select(1, k);
        return x;
    }
}
