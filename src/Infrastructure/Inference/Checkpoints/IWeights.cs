using TorchSharp;

namespace MusicGen.Infrastructure.Inference.Checkpoints;

/// <summary>Where a model's tensors come from: a checkpoint, or random numbers of the same shapes for measuring.</summary>
internal interface IWeights
{
    /// <summary>A tensor of <see cref="TensorShapes"/>, as float32 on the CPU; the caller owns it.</summary>
    torch.Tensor Load(string name);

    /// <summary>Some rows of a matrix, [rows, columns], as float32 on the CPU; the caller owns it.</summary>
    torch.Tensor LoadRows(string name, IReadOnlyList<int> rows);
}
