using static TorchSharp.torch;

namespace MusicGen.Infrastructure.Inference.Decoder;

/// <summary>
/// Positions as sines (Vaswani et al. 2017), cosines first. Computed in float32 by the same operations as the reference:
/// a table in float64 is off by 1e-4 after 1500 columns. It grows when a longer song comes.
/// </summary>
internal sealed class SinusoidalPositions(DecoderConfig config, Device device, ScalarType type) : IDisposable
{
    private Tensor _table = Compute(config.Width, config.Positions).to(type, device).DetachFromDisposeScope();

    /// <summary>The rows of columns from..from+count-1, [count, h]; a view.</summary>
    public Tensor Of(int from, int count)
    {
        if (from + count > _table.shape[0])
        {
            using var old = _table;
            using var scope = NewDisposeScope();
            _table = Compute(config.Width, 2 * (from + count)).to(type, device).DetachFromDisposeScope();
        }

        return _table.narrow(0, from, count);
    }

    public void Dispose() => _table.Dispose();

    internal static Tensor Compute(int width, int count)
    {
        using var scope = NewDisposeScope();
        var half = width / 2;
        var frequencies = exp(arange(half, ScalarType.Float32) * (-Math.Log(10000) / (half - 1)));
        var angles = arange(count, ScalarType.Float32).unsqueeze(1) * frequencies.unsqueeze(0);
        return scope.MoveToOuter(cat([cos(angles), sin(angles)], 1));
    }
}
