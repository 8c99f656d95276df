using MusicGen.Infrastructure.Inference.Checkpoints;
using static TorchSharp.torch;

namespace MusicGen.Infrastructure.Inference.Encodec;

/// <summary>A run of the codec's layers that keeps nothing from call to call.</summary>
internal sealed class SeanetNetwork : IDisposable
{
    private readonly List<IDisposable> _owned = [];
    private readonly List<Func<Tensor, Tensor>> _steps = [];

    public SeanetNetwork(IEnumerable<SeanetLayer> layers, IWeights weights, Device device)
    {
        foreach (var layer in layers)
            _steps.Add(Build(layer, weights, device));
    }

    /// <param name="x">[B, channels, T]</param>
    public Tensor Forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        foreach (var step in _steps)
            x = step(x);
        return scope.MoveToOuter(x);
    }

    public void Dispose() => _owned.ForEach(o => o.Dispose());

    private Func<Tensor, Tensor> Build(SeanetLayer layer, IWeights weights, Device device)
    {
        switch (layer)
        {
            case EluLayer:
                return x => nn.functional.elu(x, 1);
            case ConvolutionLayer convolution:
                var single = Own(new EncodecConvolution(convolution, weights, device));
                return single.Forward;
            case ResidualLayer residual:
                var first = Own(new EncodecConvolution(residual.First, weights, device));
                var second = Own(new EncodecConvolution(residual.Second, weights, device));
                return x => x + second.Forward(nn.functional.elu(first.Forward(nn.functional.elu(x, 1)), 1));
            default:
                throw new ArgumentException($"A {layer.GetType().Name} keeps a state.", nameof(layer));
        }
    }

    private T Own<T>(T part)
        where T : IDisposable
    {
        _owned.Add(part);
        return part;
    }
}
