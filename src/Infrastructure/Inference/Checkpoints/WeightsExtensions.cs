using static TorchSharp.torch;

namespace MusicGen.Infrastructure.Inference.Checkpoints;

internal static class WeightsExtensions
{
    /// <summary>A tensor in the type and on the device that it is computed with; the caller owns it.</summary>
    public static Tensor LoadTo(this IWeights weights, string name, Device device, ScalarType type)
    {
        using var scope = NewDisposeScope();
        var loaded = weights.Load(name);
        return scope.Detach(loaded.to(type, device));
    }

    /// <summary>Several tensors, one below the other: one product instead of many.</summary>
    public static Tensor LoadRows(this IWeights weights, IEnumerable<string> names, Device device, ScalarType type)
    {
        using var scope = NewDisposeScope();
        return scope.Detach(cat([.. names.Select(weights.Load)], 0).to(type, device));
    }
}
