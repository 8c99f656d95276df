using MusicGen.Infrastructure.Inference.Kernels;

namespace MusicGen.Unit.Infrastructure.Inference.Kernels;

/// <summary>A product as the decoder asks for it: int8 takes its rows in int16.</summary>
internal sealed unsafe class TestProduct : IDisposable
{
    /// <summary>Stands in the outputs before.</summary>
    public const float Before = 7.25f;

    private readonly IKernels _kernels;
    private readonly NativeRows<short> _shorts;
    private readonly float[] _steps;

    public TestProduct(IKernels kernels, TestMatrix weights, NativeRows<float> inputs)
    {
        (_kernels, Weights, Inputs) = (kernels, weights, inputs);
        _shorts = new NativeRows<short>(inputs.Rows, inputs.Width);
        _steps = new float[inputs.Rows];
        for (var row = 0; row < inputs.Rows; row++)
            _steps[row] = kernels.Quantise(inputs.Start + ((long)row * inputs.Stride), _shorts.Start + ((long)row * inputs.Stride), inputs.Stride);
    }

    public TestMatrix Weights { get; }

    public NativeRows<float> Inputs { get; }

    /// <summary>An input as the product takes it.</summary>
    public double Input(int row, int i) => Weights.Packed.Type == WeightType.Int8 ? (double)_shorts[row][i] * _steps[row] : Inputs[row][i];

    /// <summary>What it should give before its end, and how much was added up for that.</summary>
    public (double Sum, double Mass) Expected(int row, int output)
    {
        var (sum, mass) = (0.0, 0.0);
        for (var i = 0; i < Inputs.Width; i++)
        {
            var part = Input(row, i) * Weights[output, i];
            (sum, mass) = (sum + part, mass + Math.Abs(part));
        }

        return (sum, mass);
    }

    /// <summary>Computes some of the rows into fresh outputs.</summary>
    public NativeRows<float> Run(int first, int rows, int from, int to, ProductEnd end = ProductEnd.Replaces, int[]? targets = null)
    {
        var outputs = new NativeRows<float>(targets is null ? rows : targets.Max() + 2, Weights.Packed.Outputs);
        outputs.All.Fill(Before);
        fixed (float* steps = _steps)
        fixed (int* map = targets)
        {
            var product = new Product
            {
                Weights = Weights.Packed,
                Inputs = Inputs.Start + ((long)first * Inputs.Stride),
                Shorts = _shorts.Start + ((long)first * Inputs.Stride),
                Steps = steps + first,
                InputStride = Inputs.Stride,
                Rows = rows,
                Outputs = outputs.Start,
                OutputStride = outputs.Stride,
                Targets = map,
                End = end,
            };
            _kernels.Multiply(product, from, to);
        }

        return outputs;
    }

    public void Dispose() => _shorts.Dispose();
}
