using TorchSharp;

namespace MusicGen.Infrastructure.Inference.Decoder;

/// <summary>One song's part of a pass through the decoder: its rows, each with the same new columns.</summary>
/// <param name="Codes">[T][codebooks], special tokens included.</param>
/// <param name="Cache">The song's; has as many rows as there are texts.</param>
/// <param name="Texts">For each row what it hears of the text; null where it hears nothing.</param>
/// <param name="Prefixes">[P, h] for each row, columns before the first codes; none for a model with cross-attention.</param>
internal sealed record Lane(
    IReadOnlyList<int[]> Codes, IDecoderCache Cache, IReadOnlyList<IHeardText?> Texts, IReadOnlyList<torch.Tensor> Prefixes)
{
    public int Rows => Texts.Count;

    /// <summary>Columns of the prefix, when the pass is the song's first.</summary>
    public int PrefixLength => Prefixes.Count > 0 && Cache.Length == 0 ? (int)Prefixes[0].shape[0] : 0;

    /// <summary>New columns of each row.</summary>
    public int Columns => PrefixLength + Codes.Count;

    /// <summary>Rows of the flat input.</summary>
    public int Height => Rows * Columns;
}
