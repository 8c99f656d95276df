using static TorchSharp.torch;

namespace MusicGen.Infrastructure.Inference.Decoder;

/// <summary>
/// The language model of MusicGen (Copet et al. 2023) in memory: a sum of one embedding a codebook, sinusoidal positions,
/// pre-norm layers, one head a codebook. Several songs go through in one pass, each at its own column. One thread at a time.
/// </summary>
internal interface IDecoder : IDisposable
{
    /// <summary>What every layer hears of a text, computed once.</summary>
    /// <param name="text">Projected to the decoder's width, [S, h].</param>
    IHeardText Hear(Tensor text);

    /// <summary>An empty cache for a song.</summary>
    /// <param name="rows">1, or 2 under guidance.</param>
    /// <param name="capacity">Columns.</param>
    IDecoderCache NewCache(int rows, int capacity);

    /// <summary>Takes in the lanes' new columns.</summary>
    /// <param name="lanes">Songs.</param>
    /// <param name="rows">
    /// Rows that a pass shall have at least, so that its products always have the same shape, where shapes round differently.
    /// </param>
    /// <returns>Scores after the last column of each row, [rows of the lanes, codebooks · cardinality]; until the next pass.</returns>
    ReadOnlySpan<float> Pass(IReadOnlyList<Lane> lanes, int rows);
}

/// <summary>A song's keys and values of all layers, with room from the start for all columns it will have.</summary>
internal interface IDecoderCache : IDisposable
{
    /// <summary>Columns that are filled: the position of the next.</summary>
    int Length { get; }
}

/// <summary>A text's keys and values for every layer.</summary>
internal interface IHeardText : IDisposable;
