using MusicGen.Infrastructure.Inference.Kernels;

namespace MusicGen.Unit.Infrastructure.Inference.Kernels;

/// <summary>bfloat16, weights and caches as they lie in memory.</summary>
public sealed unsafe class PackingTests
{
    private static readonly (int Outputs, int Inputs)[] Shapes = [(1, 1), (3, 31), (4, 32), (5, 33), (8, 64), (6, 100)];

    [Fact]
    public void Every_bfloat16_is_itself_after_a_round_trip()
    {
        for (var i = 0; i <= ushort.MaxValue; i++)
        {
            var (half, value) = ((ushort)i, Halves.ToFloat((ushort)i));
            if (float.IsNaN(value))
                Assert.True(float.IsNaN(Halves.ToFloat(Halves.Of(value))));
            else
                Assert.Equal(half, Halves.Of(value));
        }
    }

    [Theory]
    [InlineData(0x3F808000, 0x3F80)] // between two: to the even one
    [InlineData(0x3F818000, 0x3F82)]
    [InlineData(0xBF818000, 0xBF82)]
    [InlineData(0x3F808001, 0x3F81)]
    [InlineData(0x3F807FFF, 0x3F80)]
    [InlineData(0x7F7FFFFF, 0x7F80)] // the greatest float is nearer to infinity than to the greatest bfloat16
    [InlineData(0x7F800000, 0x7F80)]
    [InlineData(0xFF800000, 0xFF80)]
    [InlineData(0x80000000, 0x8000)]
    [InlineData(0x00008000, 0x0000)]
    [InlineData(0x00018000, 0x0002)]
    [InlineData(0x7F800001, 0x7FC0)] // a NaN whose upper half is infinity
    [InlineData(0xFFFFFFFF, 0x7FC0)]
    public void A_float_is_rounded_to_the_nearest_bfloat16(uint bits, int half) => Assert.Equal((ushort)half, Halves.Of(BitConverter.UInt32BitsToSingle(bits)));

    [Theory]
    [InlineData(nameof(WeightType.Float32))]
    [InlineData(nameof(WeightType.BFloat16))]
    [InlineData(nameof(WeightType.Int8))]
    public void Weights_lie_where_the_kernels_read_them_and_the_ends_are_zero(string type)
    {
        foreach (var (outputs, inputs) in Shapes)
        {
            var weights = KernelData.Noise(outputs * inputs, 1);
            using var matrix = new TestMatrix(weights, outputs, inputs, Enum.Parse<WeightType>(type));
            for (var output = 0; output < matrix.FilledOutputs; output++)
            {
                for (var input = 0; input < matrix.Packed.Inputs; input++)
                {
                    var weight = output < outputs && input < inputs ? weights[(output * inputs) + input] : 0;
                    var bound = matrix.Packed.Type switch { WeightType.Float32 => 0, WeightType.BFloat16 => Math.Abs(weight) / 256, _ => matrix.Step(output) * 0.5001 };
                    Assert.InRange(Math.Abs(matrix[output, input] - weight), 0, bound);
                }

                if (matrix.Packed.Type == WeightType.Int8)
                    Assert.Equal(output < outputs ? weights[(output * inputs)..((output + 1) * inputs)].Max(Math.Abs) / 127 : 0, matrix.Step(output));
            }
        }
    }

    [Fact]
    public void Weights_may_come_in_parts()
    {
        var weights = KernelData.Noise(10 * 20, 2);
        using var whole = new TestMatrix(weights, 10, 20, WeightType.Int8);
        using var parts = new TestMatrix([], 10, 20, WeightType.Int8);

        parts.Packed.Fill(weights.AsSpan(0, 3 * 20), 20, 0);
        parts.Packed.Fill(weights.AsSpan(3 * 20), 20, 3);

        for (var output = 0; output < 10; output++)
        {
            for (var input = 0; input < 20; input++)
                Assert.Equal(whole[output, input], parts[output, input]);
        }
    }

    [Fact]
    public void Outputs_of_zeros_have_no_step_and_spoilt_ones_show_it()
    {
        using var matrix = new TestMatrix([0, 0, 1e-44f, 0, float.NaN, 1, float.PositiveInfinity, 1], 4, 2, WeightType.Int8);
        using var x = NativeRows<float>.Of(1, 2, [1, 1]);
        using var product = new TestProduct(KernelSelection.Best, matrix, x);

        using var actual = product.Run(0, 1, 0, 1);

        Assert.Equal([0, 0, float.NaN, float.NaN], [actual[0][0], MathF.Round(actual[0][1], 6), actual[0][2], actual[0][3]]);
    }

    [Theory]
    [InlineData(nameof(WeightType.Float32), 64)]
    [InlineData(nameof(WeightType.BFloat16), 64)]
    [InlineData(nameof(WeightType.Float32), 33)]
    [InlineData(nameof(WeightType.BFloat16), 33)]
    [InlineData(nameof(WeightType.Float32), 1)]
    [InlineData(nameof(WeightType.BFloat16), 12)]
    public void A_cache_gives_back_every_key_and_value_that_was_put_in(string type, int headWidth)
    {
        const int Heads = 3, Places = 37;
        var halves = Enum.Parse<WeightType>(type) == WeightType.BFloat16;
        var bytes = HeadCache.BytesFor(Heads, Places, headWidth, Enum.Parse<WeightType>(type));
        using var block = new NativeBlock(bytes + 64);
        new Span<byte>(block.Start + bytes, 64).Fill(0xAB);
        var cache = new HeadCache((nint)block.Start, HeadCache.Pad(Places), headWidth, Enum.Parse<WeightType>(type));
        var (keys, values) = (KernelData.Noise(Heads * Places * headWidth, 1), KernelData.Noise(Heads * Places * headWidth, 2));
        fixed (float* key = keys, value = values)
        {
            for (var at = Heads * Places - 1; at >= 0; at--)
                cache.Put(at / Places, at % Places, key + (at * headWidth), value + (at * headWidth));
        }

        for (var at = 0; at < keys.Length; at++)
        {
            var (head, place, column) = (at / headWidth / Places, at / headWidth % Places, at % headWidth);
            // Keys: blocks of 16 places, each pair of columns a chunk. Values: chunks of 32 columns, place after place.
            var keyColumns = (headWidth + 1) / 2;
            var key = Read(cache.Keys(head), (((place / 16) * keyColumns) + (column / 2)) * 32, (column % 2 * 16) + (place % 16), halves);
            var value = Read(cache.Values(head), ((column / 32 * cache.Capacity) + place) * 32, column % 32, halves);
            Assert.Equal(halves ? (Rounded(keys[at]), Rounded(values[at])) : (keys[at], values[at]), (key, value));
        }

        Assert.Equal(-1, new Span<byte>(block.Start + bytes, 64).IndexOfAnyExcept((byte)0xAB));
    }

    private static float Rounded(float value) => Halves.ToFloat(Halves.Of(value));

    private static float Read(byte* start, int chunk, int i, bool halves) =>
        halves ? Halves.ToFloat(((ushort*)start)[chunk + (2 * (i % 16)) + (i / 16)]) : ((float*)start)[chunk + i];
}
