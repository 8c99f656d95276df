using MusicGen.Infrastructure.Inference.Checkpoints;
using static TorchSharp.torch;

namespace MusicGen.Infrastructure.Inference.Text;

/// <summary>
/// T5's encoder (Raffel et al. 2020): pre-norm blocks without biases, attention without scaling, one table of relative
/// positions for all blocks. Always in float32: float16 overflows in its feed-forward. Of the embeddings, a quarter of all
/// weights, only a text's own are read.
/// </summary>
internal sealed class T5Encoder : IDisposable
{
    // Distances from 8 on share buckets, whose edges lie on powers of 2^(1/2); compared as integers, since logarithms round.
    private const int Published = 128;
    private static readonly int[] Edges = [12, 16, 23, 32, 46, 64, 91];

    private readonly T5Config _config;
    private readonly IWeights _weights;
    private readonly Device _device;
    private readonly Tensor _positions;
    private readonly Tensor _finalNorm;
    private readonly Block[] _blocks;

    public T5Encoder(T5Config config, IWeights weights, Device device)
    {
        (_config, _weights, _device) = (config, weights, device);
        Tensor Load(string name) => weights.LoadTo($"text_encoder.{name}", device, ScalarType.Float32);
        _positions = Load("encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight");
        _finalNorm = Load("encoder.final_layer_norm.weight");
        _blocks = [.. Enumerable.Range(0, config.Layers).Select(i => new Block(config, name => Load($"encoder.block.{i}.layer.{name}")))];
    }

    /// <summary>Encodes one text; batches are encoded text by text, so that nothing depends on a neighbour's padding.</summary>
    /// <param name="ids">The text's tokens, closed by the end token.</param>
    /// <returns>The last hidden state, [1, S, D].</returns>
    public Tensor Forward(IReadOnlyList<int> ids)
    {
        using var scope = NewDisposeScope();
        var x = _weights.LoadRows("text_encoder.shared.weight", ids).to(_device).unsqueeze(0);    // [1, S, D]
        var bias = Bias(ids.Count);                                 // [1, H, S, S]
        foreach (var block in _blocks)
            x = block.Forward(x, bias);
        return scope.MoveToOuter(Norm(x, _finalNorm, _config.Epsilon));
    }

    /// <summary>The bucket of a distance from query to key, as Hugging Face computes it.</summary>
    internal static int Bucket(int distance, int buckets, int maxDistance)
    {
        var half = buckets / 2;
        var (side, n, exact) = (distance > 0 ? half : 0, Math.Abs(distance), half / 2);
        if (n < exact)
            return side + n;
        var far = buckets == 32 && maxDistance == Published
            ? exact + Edges.Count(edge => n >= edge)
            : exact + (int)(MathF.Log((float)n / exact) / MathF.Log((float)maxDistance / exact) * (half - exact));
        return side + Math.Min(half - 1, far);
    }

    public void Dispose()
    {
        _positions.Dispose();
        _finalNorm.Dispose();
        foreach (var block in _blocks)
            block.Dispose();
    }

    private Tensor Bias(int length)
    {
        var buckets = new int[length * length];
        for (var query = 0; query < length; query++)
        {
            for (var key = 0; key < length; key++)
                buckets[(query * length) + key] = Bucket(key - query, _config.Buckets, _config.MaxDistance);
        }

        using var index = tensor(buckets, device: _positions.device);
        return _positions.index_select(0, index).view(length, length, _config.Heads).permute(2, 0, 1).unsqueeze(0);
    }

    // Root mean square only: no mean is taken off, and there is no bias.
    private static Tensor Norm(Tensor x, Tensor weight, double epsilon) =>
        x * rsqrt(x.pow(2).mean([-1], keepdim: true) + epsilon) * weight;

    private sealed class Block(T5Config config, Func<string, Tensor> load) : IDisposable
    {
        private readonly Tensor _norm = load("0.layer_norm.weight");
        private readonly Tensor _query = load("0.SelfAttention.q.weight");
        private readonly Tensor _key = load("0.SelfAttention.k.weight");
        private readonly Tensor _value = load("0.SelfAttention.v.weight");
        private readonly Tensor _output = load("0.SelfAttention.o.weight");
        private readonly Tensor _innerNorm = load("1.layer_norm.weight");
        private readonly Tensor _inner = load("1.DenseReluDense.wi.weight");
        private readonly Tensor _outer = load("1.DenseReluDense.wo.weight");

        /// <param name="x">[1, S, D]</param>
        /// <param name="bias">[1, H, S, S]</param>
        public Tensor Forward(Tensor x, Tensor bias)
        {
            using var scope = NewDisposeScope();
            var a = Norm(x, _norm, config.Epsilon);
            var scores = Heads(a, _query).matmul(Heads(a, _key).transpose(2, 3)) + bias;                  // [1, H, S, S]
            var mixed = nn.functional.softmax(scores, -1).matmul(Heads(a, _value));                       // [1, H, S, K]
            x = x + nn.functional.linear(mixed.transpose(1, 2).flatten(2), _output);
            var inner = nn.functional.relu(nn.functional.linear(Norm(x, _innerNorm, config.Epsilon), _inner));
            return scope.MoveToOuter(x + nn.functional.linear(inner, _outer));
        }

        public void Dispose()
        {
            foreach (var weight in new[] { _norm, _query, _key, _value, _output, _innerNorm, _inner, _outer })
                weight.Dispose();
        }

        private Tensor Heads(Tensor x, Tensor projection) =>
            nn.functional.linear(x, projection).unflatten(2, config.Heads, config.HeadWidth).transpose(1, 2); // [1, H, S, K]
    }
}
