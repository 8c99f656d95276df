namespace MusicGen.Infrastructure.Inference.Kernels;

/// <summary>Rows times a matrix of weights.</summary>
internal unsafe struct Product
{
    /// <summary>[outputs, inputs]</summary>
    public PackedMatrix Weights;

    /// <summary>[rows, <see cref="InputStride"/>] of float32, zero behind the inputs; not for int8.</summary>
    public float* Inputs;

    /// <summary>The same in int16, for int8.</summary>
    public short* Shorts;

    /// <summary>What a step of each row's <see cref="Shorts"/> means.</summary>
    public float* Steps;

    public int InputStride;

    public int Rows;

    /// <summary>[rows, <see cref="OutputStride"/>]</summary>
    public float* Outputs;

    public int OutputStride;

    /// <summary>Which row of the outputs each row goes to; null for its own.</summary>
    public int* Targets;

    public ProductEnd End;

    public readonly float* Target(int row) => Outputs + ((long)(Targets is null ? row : Targets[row]) * OutputStride);
}

/// <summary>What becomes of a product.</summary>
internal enum ProductEnd
{
    /// <summary>It replaces what stood there.</summary>
    Replaces,

    /// <summary>It is added to what stands there.</summary>
    Adds,

    /// <summary>It goes through GELU, the exact one, and replaces what stood there.</summary>
    Activates,
}
