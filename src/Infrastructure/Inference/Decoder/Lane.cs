using TorchSharp;

namespace MusicGen.Infrastructure.Inference.Decoder;

/// <summary>One song's part of a pass through the decoder: its rows, each with the same number of new columns.</summary>
/// <param name="Columns">T, new in this pass.</param>
/// <param name="Cache">The song's; has as many rows as there are conditions.</param>
/// <param name="Conditions">For each row what it hears of the text; null where it hears nothing.</param>
internal sealed record Lane(int Columns, KeyValueCache Cache, IReadOnlyList<TextCondition?> Conditions)
{
    public int Rows => Conditions.Count;

    /// <summary>Rows of the flat input.</summary>
    public int Height => Rows * Columns;
}

/// <summary>The text's keys and values for every layer, computed once.</summary>
internal sealed class TextCondition(IReadOnlyList<(torch.Tensor Keys, torch.Tensor Values)> layers) : IDisposable
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
