using static TorchSharp.torch;

namespace MusicGen.Infrastructure.Inference.Decoder;

/// <summary>
/// A decoder whose steps can lie in a device's queue one behind the other: codes go in and scores come out as tensors there,
/// and the host waits for neither.
/// </summary>
internal interface IDeviceDecoder : IDecoder
{
    /// <summary>Where it computes.</summary>
    Device Device { get; }

    /// <summary>Takes in one new column of each lane.</summary>
    /// <param name="lanes">Songs, past their prefix; the codes that they carry aren't read.</param>
    /// <param name="codes">Of the column, [songs, codebooks] of int64.</param>
    /// <param name="songs">Whose input each row has, [N] of int64: the lanes' rows in their order, then any for rows of nobody.</param>
    /// <returns>Scores of each row, [N, codebooks · cardinality] of float32.</returns>
    Tensor Step(IReadOnlyList<Lane> lanes, Tensor codes, Tensor songs);
}
