using MusicGen.Infrastructure.Inference.Checkpoints;
using static TorchSharp.torch;

namespace MusicGen.Infrastructure.Inference.Decoder;

/// <summary>
/// A pre-norm layer: self-attention, cross-attention to the text where the model has it, feed-forward. Products run over
/// the rows of all songs at once, attention song by song, since each has its own past.
/// </summary>
internal sealed class TorchDecoderLayer : IDisposable
{
    private readonly DecoderConfig _config;
    private readonly int _index;
    private readonly LayerNorm _selfNorm;
    private readonly Tensor _selfInput;
    private readonly Tensor _selfOutput;
    private readonly LayerNorm? _crossNorm;
    private readonly Tensor? _crossQuery;
    private readonly Tensor? _crossKeyValue;
    private readonly Tensor? _crossOutput;
    private readonly LayerNorm _innerNorm;
    private readonly Tensor _inner;
    private readonly Tensor _outer;
    private readonly Tensor _silence;

    public TorchDecoderLayer(DecoderConfig config, int index, bool hasCrossAttention, IWeights weights, Device device, ScalarType type, Tensor silence)
    {
        (_config, _index, _silence) = (config, index, silence);
        var prefix = $"decoder.model.decoder.layers.{index}";
        Tensor Load(string name) => weights.LoadTo($"{prefix}.{name}.weight", device, type);
        Tensor Turn(string name)
        {
            using var loaded = Load(name);
            return loaded.t().DetachFromDisposeScope(); // [in, out], a view of the same memory
        }

        Tensor Fuse(params string[] names) => weights.LoadRows(names.Select(n => $"{prefix}.{n}.weight"), device, type);
        _selfNorm = new LayerNorm($"{prefix}.self_attn_layer_norm", weights, device, type);
        _selfInput = Fuse("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"); // [3h, h]
        _selfOutput = Turn("self_attn.out_proj");
        if (hasCrossAttention)
        {
            _crossNorm = new LayerNorm($"{prefix}.encoder_attn_layer_norm", weights, device, type);
            _crossQuery = Load("encoder_attn.q_proj");
            _crossKeyValue = Fuse("encoder_attn.k_proj", "encoder_attn.v_proj"); // [2h, h]
            _crossOutput = Turn("encoder_attn.out_proj");
        }

        _innerNorm = new LayerNorm($"{prefix}.final_layer_norm", weights, device, type);
        _inner = Load("fc1");
        _outer = Turn("fc2");
    }

    /// <summary>Adds to each row what this layer makes of it: in place, since a product that adds is one launch instead of two.</summary>
    /// <param name="x">Rows of all songs, then of nobody, [N, h].</param>
    /// <param name="lanes">Who the rows belong to, in their order.</param>
    public void AddTo(Tensor x, IReadOnlyList<Lane> lanes)
    {
        using var scope = NewDisposeScope();
        x.addmm_(SelfAttend(nn.functional.linear(_selfNorm.Forward(x), _selfInput), lanes), _selfOutput);
        if (_crossNorm is not null && lanes.Any(l => l.Texts.Any(t => t is not null)))
            x.addmm_(CrossAttend(nn.functional.linear(_crossNorm.Forward(x), _crossQuery!), lanes), _crossOutput!);
        x.addmm_(nn.functional.gelu(nn.functional.linear(_innerNorm.Forward(x), _inner)), _outer);
    }

    /// <summary>The text's keys and values for this layer.</summary>
    /// <param name="text">Projected, [S, h].</param>
    public (Tensor Keys, Tensor Values) Hear(Tensor text)
    {
        using var scope = NewDisposeScope();
        var both = nn.functional.linear(text, _crossKeyValue!).view(1, text.shape[0], 2, _config.Heads, _config.HeadWidth); // [1, S, 2, H, d]
        var keys = both.select(2, 0).transpose(1, 2).contiguous();
        var values = both.select(2, 1).transpose(1, 2).contiguous();
        return (scope.Detach(keys), scope.Detach(values)); // [1, H, S, d]
    }

    public void Dispose()
    {
        foreach (var weight in new[] { _selfInput, _selfOutput, _crossQuery, _crossKeyValue, _crossOutput, _inner, _outer })
            weight?.Dispose();
        _selfNorm.Dispose();
        _crossNorm?.Dispose();
        _innerNorm.Dispose();
    }

    /// <param name="mixed">Queries, keys and values of all rows, [N, 3h].</param>
    /// <param name="lanes">Who the rows belong to.</param>
    private Tensor SelfAttend(Tensor mixed, IReadOnlyList<Lane> lanes)
    {
        var parts = new List<Tensor>(lanes.Count + 1);
        var at = 0;
        foreach (var lane in lanes)
        {
            var own = mixed.narrow(0, at, lane.Height).view(lane.Rows, lane.Columns, 3, _config.Heads, _config.HeadWidth).permute(2, 0, 3, 1, 4); // [3, B, H, T, d]
            var query = own.select(0, 0);
            var (keys, values) = ((TorchCache)lane.Cache).Append(_index, own.narrow(0, 1, 2));
            var heard = nn.functional.scaled_dot_product_attention(query, keys, values, is_casual: lane.Columns > 1);
            parts.Add(heard.transpose(1, 2).reshape(lane.Height, _config.Width));                                             // [B*T, h]
            at += lane.Height;
        }

        return Join(parts, mixed, at);
    }

    /// <summary>
    /// Rows without text are left out: their keys and values would be zero, and so would be what they hear.
    /// </summary>
    private Tensor CrossAttend(Tensor queries, IReadOnlyList<Lane> lanes)
    {
        var parts = new List<Tensor>(lanes.Count * 2);
        var at = 0;
        foreach (var lane in lanes)
        {
            foreach (var text in lane.Texts)
            {
                if (text is null)
                {
                    parts.Add(_silence.expand(lane.Columns, -1));
                }
                else
                {
                    var query = queries.narrow(0, at, lane.Columns).view(1, lane.Columns, _config.Heads, _config.HeadWidth).transpose(1, 2);
                    var (keys, values) = ((TorchText)text)[_index];
                    parts.Add(nn.functional.scaled_dot_product_attention(query, keys, values).transpose(1, 2).reshape(lane.Columns, _config.Width));
                }

                at += lane.Columns;
            }
        }

        return Join(parts, queries, at);
    }

    private Tensor Join(List<Tensor> parts, Tensor like, int at)
    {
        if (at < like.shape[0])
            parts.Add(_silence.expand(like.shape[0] - at, -1));
        return parts.Count == 1 ? parts[0] : cat(parts, 0);
    }
}

/// <summary>A layer norm's two vectors.</summary>
internal sealed class LayerNorm(string name, IWeights weights, Device device, ScalarType type) : IDisposable
{
    private const double Epsilon = 1e-5;

    private readonly Tensor _weight = weights.LoadTo($"{name}.weight", device, type);
    private readonly Tensor _bias = weights.LoadTo($"{name}.bias", device, type);

    public Tensor Forward(Tensor x) => nn.functional.layer_norm(x, [_weight.shape[0]], _weight, _bias, Epsilon);

    public void Dispose()
    {
        _weight.Dispose();
        _bias.Dispose();
    }
}
