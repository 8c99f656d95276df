namespace MusicGen.Infrastructure.Inference.Checkpoints;

/// <summary>Where a tensor lies in its file.</summary>
/// <param name="Name">As published.</param>
/// <param name="Type">Of its elements.</param>
/// <param name="Shape">Never negative; empty for a scalar.</param>
/// <param name="Offset">In bytes, from the start of the file.</param>
/// <param name="Length">In bytes.</param>
internal sealed record TensorEntry(string Name, ElementType Type, IReadOnlyList<long> Shape, long Offset, long Length);

/// <summary>The element types of the safetensors format that weights come in, and the integers of reference answers.</summary>
internal enum ElementType
{
    F32,
    F16,
    BF16,
    F64,
    I64,
    I32,
    I16,
    I8,
    U8,
    Bool,
}
