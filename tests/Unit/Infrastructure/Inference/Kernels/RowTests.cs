using MusicGen.Infrastructure.Inference.Kernels;

namespace MusicGen.Unit.Infrastructure.Inference.Kernels;

/// <summary>What kernels do to a row by itself: layer norm, GELU, int16.</summary>
public sealed unsafe class RowTests
{
    public static TheoryData<string> All => KernelData.All;

    [Theory]
    [MemberData(nameof(All))]
    public void Layer_norm_is_its_definition(string kernels)
    {
        foreach (var width in new[] { 1, 2, 3, 15, 16, 31, 33, 64, 100, 1024 })
        {
            foreach (var (offset, scale) in new[] { (0f, 1f), (30f, 1f), (-2f, 100f), (0f, 1e-4f), (5f, 0f) })
            {
                var values = KernelData.Noise(width, 1).Select(v => offset + (scale * v)).ToArray();
                using var x = NativeRows<float>.Of(1, width, values);
                using var weight = NativeRows<float>.Of(1, width, KernelData.Noise(width, 2));
                using var bias = NativeRows<float>.Of(1, width, KernelData.Noise(width, 3));
                using var y = new NativeRows<float>(1, width);
                y.All.Fill(-3);

                KernelData.Named(kernels).Normalise(x.Start, weight.Start, bias.Start, y.Start, width);

                var mean = values.Average(v => (double)v);
                var variance = values.Average(v => (v - mean) * (v - mean));
                for (var i = 0; i < width; i++)
                    Assert.Equal(((values[i] - mean) / Math.Sqrt(variance + 1e-5) * weight[0][i]) + bias[0][i], y[0][i], 3e-5);
                Assert.True(y.All[width..].IndexOfAnyExcept(-3f) < 0);
                Assert.Equal(values, x[0].ToArray());

                KernelData.Named(kernels).Normalise(x.Start, weight.Start, bias.Start, x.Start, width);
                Assert.Equal(y[0].ToArray(), x[0].ToArray());
            }
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Gelu_is_the_exact_one(string kernels)
    {
        float[] values = [.. Enumerable.Range(-10_000, 20_001).Select(i => i / 1000f), 1e-30f, -1e-30f, 1e4f, -1e4f];

        var activated = Activate(kernels, values);

        for (var i = 0; i < values.Length; i++)
            Assert.Equal(ErrorFunction.Gelu(values[i]), activated[i], 1e-6 * Math.Max(1, Math.Abs(values[i]) / 10));
        Assert.Equal(0, activated[10_000]);
        Assert.Equal([float.PositiveInfinity, float.NaN], Activate(kernels, [float.PositiveInfinity, float.NaN]));
    }

    [Fact]
    public void The_series_is_erf() // Abramowitz and Stegun, table 7.1
    {
        Assert.Equal(0.5204998778, ErrorFunction.Of(0.5), 1e-10);
        Assert.Equal(0.8427007929, ErrorFunction.Of(1), 1e-10);
        Assert.Equal(-0.9953222650, ErrorFunction.Of(-2), 1e-10);
        Assert.Equal(0.9999779095, ErrorFunction.Of(3), 1e-10);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_row_in_int16_is_off_by_half_a_step_at_most(string kernels)
    {
        foreach (var width in new[] { 32, 64, 1024, 4096, 8192 })
        {
            foreach (var scale in new[] { 1f, 1e-20f, 1e30f })
            {
                using var x = NativeRows<float>.Of(1, width, [.. KernelData.Noise(width, 4).Select(v => v * scale)]);
                using var shorts = new NativeRows<short>(1, width);

                var step = KernelData.Named(kernels).Quantise(x.Start, shorts.Start, width);

                var largest = x[0].ToArray().Max(v => Math.Abs((double)v));
                Assert.InRange(largest / step, 1000, short.MaxValue * (1 + 1e-6));
                for (var i = 0; i < width; i++)
                    Assert.InRange(Math.Abs(x[0][i] - ((double)shorts[0][i] * step)), 0, step * 0.501);
            }
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_row_of_nothing_is_zeros_and_the_greatest_floats_fit(string kernels)
    {
        foreach (var value in new[] { 0f, -0f, 1e-35f, float.Epsilon })
        {
            using var x = NativeRows<float>.Of(1, 64, [.. Enumerable.Repeat(value, 64)]);
            using var shorts = new NativeRows<short>(1, 64);
            shorts.All.Fill(5);

            Assert.Equal(0, KernelData.Named(kernels).Quantise(x.Start, shorts.Start, 64));
            Assert.True(shorts.All.IndexOfAnyExcept((short)0) < 0);
        }

        float[] greatest = [.. Enumerable.Range(0, 64).Select(i => i % 2 == 0 ? float.MaxValue : float.MinValue)];
        using var rows = NativeRows<float>.Of(1, 64, greatest);
        using var made = new NativeRows<short>(1, 64);
        var step = KernelData.Named(kernels).Quantise(rows.Start, made.Start, 64);
        Assert.Equal(greatest.Select(v => v / (double)float.MaxValue), made[0].ToArray().Select(s => Math.Round(s * (step / (double)float.MaxValue), 5)));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_step_says_that_something_in_the_row_is_not_finite(string kernels)
    {
        foreach (var spoilt in new[] { float.NaN, float.PositiveInfinity, float.NegativeInfinity })
        {
            for (var place = 0; place < 96; place++)
            {
                using var x = NativeRows<float>.Of(1, 96, KernelData.Noise(96, 5));
                using var shorts = new NativeRows<short>(1, 96);
                x[0][place] = spoilt;

                Assert.True(float.IsNaN(KernelData.Named(kernels).Quantise(x.Start, shorts.Start, 96)), $"{spoilt} at {place}");
            }
        }
    }

    // Products of one weight, 1, and one input.
    private static float[] Activate(string kernels, float[] values)
    {
        using var matrix = new TestMatrix([1], 1, 1, WeightType.Float32);
        using var x = NativeRows<float>.Of(values.Length, 1, values);
        using var product = new TestProduct(KernelData.Named(kernels), matrix, x);
        using var activated = product.Run(0, values.Length, 0, 1, ProductEnd.Activates);
        var made = new float[values.Length];
        for (var i = 0; i < made.Length; i++)
            made[i] = activated[i][0];
        return made;
    }
}
