using TorchSharp;

namespace MusicGen.Infrastructure.Inference.Decoder;

/// <summary>A text's keys and values as tensors.</summary>
internal sealed class TorchText(IReadOnlyList<(torch.Tensor Keys, torch.Tensor Values)> layers) : IHeardText
{
    /// <summary>[1, H, S, d] each.</summary>
    public (torch.Tensor Keys, torch.Tensor Values) this[int layer] => layers[layer];

    public void Dispose()
    {
        foreach (var (keys, values) in layers)
        {
            keys.Dispose();
            values.Dispose();
        }
    }
}
