using System.Runtime.InteropServices;
using MusicGen.Infrastructure.Inference.Kernels;

namespace MusicGen.Unit.Infrastructure.Inference.Kernels;

/// <summary>Products of every set of kernels against a sum in double of the same rounded numbers.</summary>
public sealed class ProductTests
{
    // Of the absolute values of what is added up.
    private const double Tolerance = 1e-6;

    private static readonly (int Outputs, int Inputs)[] Shapes =
        [(1, 1), (2, 3), (3, 31), (4, 32), (5, 33), (7, 100), (31, 64), (33, 96), (100, 1), (66, 130), (9, 1024)];

    public static TheoryData<string, string> AllByType => KernelData.AllByType;

    [Theory]
    [MemberData(nameof(AllByType))]
    public void A_product_is_the_sum_of_the_rounded_numbers(string kernels, string type)
    {
        foreach (var (outputs, inputs) in Shapes)
        {
            for (var rows = 1; rows <= 9; rows++)
            {
                using var matrix = new TestMatrix(KernelData.Noise(outputs * inputs, 1), outputs, inputs, Enum.Parse<WeightType>(type));
                using var x = NativeRows<float>.Of(rows, inputs, KernelData.Noise(rows * inputs, 2));
                using var product = new TestProduct(KernelData.Named(kernels), matrix, x);
                foreach (var end in Enum.GetValues<ProductEnd>())
                {
                    using var actual = product.Run(0, rows, 0, matrix.Packed.Tiles, end);
                    for (var row = 0; row < rows; row++)
                    {
                        for (var output = 0; output < outputs; output++)
                        {
                            var (sum, mass) = product.Expected(row, output);
                            var expected = end switch { ProductEnd.Adds => sum + TestProduct.Before, ProductEnd.Activates => ErrorFunction.Gelu(sum), _ => sum };
                            var bound = (Tolerance * mass) + (end == ProductEnd.Replaces ? 0 : 1e-6);
                            Assert.True(Math.Abs(actual[row][output] - expected) <= bound, $"{outputs} x {inputs}, row {row} of {rows}, output {output}, {end}: {actual[row][output]} for {expected}");
                        }
                    }
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(AllByType))]
    public void A_row_is_the_same_to_the_bit_whatever_rows_are_beside_it(string kernels, string type)
    {
        const int Rows = 9;
        foreach (var (outputs, inputs) in Shapes)
        {
            using var matrix = new TestMatrix(KernelData.Noise(outputs * inputs, 3), outputs, inputs, Enum.Parse<WeightType>(type));
            using var x = NativeRows<float>.Of(Rows, inputs, KernelData.Noise(Rows * inputs, 4));
            using var product = new TestProduct(KernelData.Named(kernels), matrix, x);
            var alone = Enumerable.Range(0, Rows).Select(row =>
            {
                using var one = product.Run(row, 1, 0, matrix.Packed.Tiles);
                return Bits(one[0]);
            }).ToList();
            for (var count = 2; count <= Rows; count++)
            {
                for (var first = 0; first + count <= Rows; first++)
                {
                    using var together = product.Run(first, count, 0, matrix.Packed.Tiles);
                    for (var row = 0; row < count; row++)
                        Assert.Equal(alone[first + row], Bits(together[row]));
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(AllByType))]
    public void A_range_of_tiles_writes_its_outputs_and_no_others(string kernels, string type)
    {
        const int Outputs = 70, Inputs = 40, Rows = 5, Height = PackedMatrix.TileHeight;
        using var matrix = new TestMatrix(KernelData.Noise(Outputs * Inputs, 5), Outputs, Inputs, Enum.Parse<WeightType>(type));
        using var x = NativeRows<float>.Of(Rows, Inputs, KernelData.Noise(Rows * Inputs, 6));
        using var product = new TestProduct(KernelData.Named(kernels), matrix, x);
        foreach (var end in Enum.GetValues<ProductEnd>())
        {
            using var whole = product.Run(0, Rows, 0, matrix.Packed.Tiles, end);
            // GELU goes by whole vectors: its ranges are whole numbers of them, as the decoder's are, or end with the row.
            foreach (var (from, to) in end == ProductEnd.Activates ? [(0, 4), (4, 8), (8, 16), (16, 18)] : new[] { (0, 1), (3, 4), (5, 9), (16, 18), (17, 18) })
            {
                using var part = product.Run(0, Rows, from, to, end);
                for (var row = 0; row < Rows; row++)
                {
                    var ends = Math.Min(to * Height, Outputs);
                    Assert.Equal(Bits(whole[row][(from * Height)..ends]), Bits(part[row][(from * Height)..ends]));
                    Assert.True(part[row][..(from * Height)].IndexOfAnyExcept(TestProduct.Before) < 0);
                    Assert.True(part[row][ends..].IndexOfAnyExcept(TestProduct.Before) < 0);
                }
            }

            if (end != ProductEnd.Activates)
                Assert.True(whole.All[..whole.Stride][Outputs..].IndexOfAnyExcept(TestProduct.Before) < 0);
        }
    }

    [Theory]
    [MemberData(nameof(AllByType))]
    public void Rows_go_where_the_map_of_targets_sends_them(string kernels, string type)
    {
        const int Outputs = 37, Inputs = 50;
        int[] targets = [6, 0, 3, 2, 8];
        using var matrix = new TestMatrix(KernelData.Noise(Outputs * Inputs, 7), Outputs, Inputs, Enum.Parse<WeightType>(type));
        using var x = NativeRows<float>.Of(targets.Length, Inputs, KernelData.Noise(targets.Length * Inputs, 8));
        using var product = new TestProduct(KernelData.Named(kernels), matrix, x);
        foreach (var end in Enum.GetValues<ProductEnd>())
        {
            using var plain = product.Run(0, targets.Length, 0, matrix.Packed.Tiles, end);
            using var mapped = product.Run(0, targets.Length, 0, matrix.Packed.Tiles, end, targets);

            for (var row = 0; row < mapped.Rows; row++)
            {
                if (Array.IndexOf(targets, row) is >= 0 and var source)
                    Assert.Equal(Bits(plain[source]), Bits(mapped[row]));
                else
                    Assert.True(mapped[row].IndexOfAnyExcept(TestProduct.Before) < 0);
            }
        }
    }

    // What a lane of int32 adds up is as much as the quantisation allows, in both directions.
    [Theory]
    [MemberData(nameof(All))]
    public void Long_int8_products_of_the_greatest_numbers_do_not_run_over(string kernels)
    {
        foreach (var inputs in new[] { 32, 1024, 8192, 65536 })
        {
            float[] weights = [.. Enumerable.Repeat(1f, inputs), .. Enumerable.Repeat(-1f, inputs)];
            using var matrix = new TestMatrix(weights, 2, inputs, WeightType.Int8);
            using var x = NativeRows<float>.Of(1, inputs, [.. Enumerable.Repeat(1f, inputs)]);
            using var product = new TestProduct(KernelData.Named(kernels), matrix, x);

            using var actual = product.Run(0, 1, 0, 1);

            Assert.Equal(inputs, actual[0][0], 1e-5 * inputs);
            Assert.Equal(-inputs, actual[0][1], 1e-5 * inputs);
        }
    }

    [Theory]
    [MemberData(nameof(AllByType))]
    public void What_is_not_finite_is_seen_in_the_result(string kernels, string type)
    {
        const int Inputs = 1100;
        foreach (var spoilt in new[] { float.NaN, float.PositiveInfinity, float.NegativeInfinity })
        {
            foreach (var place in new[] { 0, 1, 17, 40, 1023, 1099 })
            {
                var values = KernelData.Noise(2 * Inputs, 9);
                values[place] = spoilt;
                using var matrix = new TestMatrix(KernelData.Noise(8 * Inputs, 10), 8, Inputs, Enum.Parse<WeightType>(type));
                using var x = NativeRows<float>.Of(2, Inputs, values);
                using var product = new TestProduct(KernelData.Named(kernels), matrix, x);

                using var actual = product.Run(0, 2, 0, 2);

                foreach (var sum in actual[0])
                    Assert.False(float.IsFinite(sum), $"{spoilt} at {place}: {sum}");
                foreach (var sum in actual[1])
                    Assert.True(float.IsFinite(sum));
            }
        }
    }

    public static TheoryData<string> All => KernelData.All;

    private static uint[] Bits(ReadOnlySpan<float> values) => MemoryMarshal.Cast<float, uint>(values).ToArray();
}
