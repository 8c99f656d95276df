namespace MusicGen.Infrastructure.Inference.Kernels;

/// <summary>Queries of one head over keys and values (Vaswani et al. 2017): softmax(q·k / √d) · v.</summary>
internal unsafe struct Attention
{
    /// <summary>What is heard.</summary>
    public HeadCache Cache;

    /// <summary>Which of the cache's heads.</summary>
    public int Head;

    /// <summary>[queries, <see cref="QueryStride"/>]</summary>
    public float* Queries;

    public int QueryStride;

    public int Count;

    /// <summary>Places that the first query hears.</summary>
    public int Length;

    /// <summary>Each further query hears one more; otherwise all hear the same.</summary>
    public bool IsCausal;

    /// <summary>[queries, <see cref="OutputStride"/>]</summary>
    public float* Outputs;

    public int OutputStride;

    /// <summary>Room for as many floats as the last query hears, filled up to a multiple of 32, then for a head's width.</summary>
    public float* Scratch;
}
