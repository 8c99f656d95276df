namespace MusicGen.Infrastructure.Inference.Kernels;

/// <summary>The decoder's arithmetic in one processor's instructions. Nothing here allocates, or knows of threads.</summary>
internal unsafe interface IKernels
{
    /// <summary>As profiles name it: avx512, avx2, portable.</summary>
    string Name { get; }

    /// <summary>Some outputs of a product, for all of its rows. A row's result is the same whatever rows are beside it.</summary>
    /// <param name="product">What.</param>
    /// <param name="from">The first tile.</param>
    /// <param name="to">The tile after the last.</param>
    void Multiply(in Product product, int from, int to);

    /// <summary>Layer norm (Ba et al. 2016), with 1e-5 beside the variance.</summary>
    /// <param name="x">[width]</param>
    /// <param name="weight">[width]</param>
    /// <param name="bias">[width]</param>
    /// <param name="y">[width]; may be x.</param>
    /// <param name="width">Any.</param>
    void Normalise(float* x, float* weight, float* bias, float* y, int width);

    /// <summary>A row in int16.</summary>
    /// <param name="x">[width], a multiple of 32.</param>
    /// <param name="shorts">[width]</param>
    /// <param name="width">A multiple of 32; also how many are added up in a product.</param>
    /// <returns>What a step means; 0 for a row of zeros, NaN for one with anything in it that isn't finite.</returns>
    float Quantise(float* x, short* shorts, int width);

    /// <summary>Attention of one head of one row over what its cache holds.</summary>
    void Attend(in Attention attention);
}
