using MusicGen.Infrastructure.Inference.Kernels;

namespace MusicGen.Unit.Infrastructure.Inference.Kernels;

/// <summary>Attention of every set of kernels against softmax(q·k / √d) · v in double, over the numbers that the cache keeps.</summary>
public sealed unsafe class AttentionTests
{
    private const int Heads = 2, Queries = 3;

    private static readonly int[] Widths = [1, 8, 12, 33, 64, 80];
    private static readonly int[] Lengths = [1, 15, 16, 17, 100];

    public static TheoryData<string, string> AllByCache =>
        new(KernelSelection.All.SelectMany(_ => new[] { nameof(WeightType.Float32), nameof(WeightType.BFloat16) }, (k, type) => (k.Name, type)));

    [Theory]
    [MemberData(nameof(AllByCache))]
    public void Attention_is_its_definition(string kernels, string type)
    {
        foreach (var width in Widths)
        {
            foreach (var length in Lengths)
            {
                foreach (var isCausal in new[] { false, true })
                {
                    using var past = new Past(Enum.Parse<WeightType>(type), length + (isCausal ? Queries - 1 : 0), width, i => i);
                    var queries = KernelData.Noise(Queries * width, 3);

                    past.AssertAttention(kernels, queries, length, isCausal, 1e-5);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(AllByCache))]
    public void The_greatest_scores_do_not_overflow(string kernels, string type)
    {
        // Scores of up to 1e30; the best place of each query is ahead by more than anything that rounding could hide.
        using var past = new Past(Enum.Parse<WeightType>(type), 100, 64, i => i * 1e15f);
        past.AssertAttention(kernels, [.. KernelData.Noise(Queries * 64, 3).Select(q => q * 1e15f)], 100, isCausal: false, 1e-5);
        using var low = new Past(Enum.Parse<WeightType>(type), 17, 8, _ => -1e15f);
        low.AssertAttention(kernels, [.. Enumerable.Repeat(1e15f, Queries * 8)], 17, isCausal: false, 1e-5);
    }

    [Theory]
    [MemberData(nameof(AllByCache))]
    public void Equal_scores_give_the_mean_of_the_values(string kernels, string type)
    {
        foreach (var score in new[] { 0f, 3f, -1e10f, 1e10f })
        {
            using var past = new Past(Enum.Parse<WeightType>(type), 33, 12, _ => 1);
            using var outputs = past.Attend(kernels, [.. Enumerable.Repeat(score, Queries * 12)], 33, isCausal: false);
            for (var column = 0; column < 12; column++)
                Assert.Equal(Enumerable.Range(0, 33).Average(place => past.Value(place, column)), outputs[0][column], 1e-6);
        }
    }

    [Theory]
    [MemberData(nameof(AllByCache))]
    public void A_key_that_is_no_number_is_seen_and_what_lies_behind_the_last_place_is_not(string kernels, string type)
    {
        using var past = new Past(Enum.Parse<WeightType>(type), 20, 12, i => i);
        past.Put(19, float.NaN);

        using var before = past.Attend(kernels, KernelData.Noise(Queries * 12, 3), 19, isCausal: false);
        using var after = past.Attend(kernels, KernelData.Noise(Queries * 12, 3), 20, isCausal: false);

        for (var column = 0; column < 12; column++)
        {
            Assert.True(float.IsFinite(before[0][column]));
            Assert.True(float.IsNaN(after[0][column]));
        }
    }

    /// <summary>A cache of two heads, of which the second is asked, with the numbers in it as they were rounded.</summary>
    private sealed class Past : IDisposable
    {
        private const int Head = 1;

        private readonly NativeBlock _block;
        private readonly HeadCache _cache;
        private readonly float[] _keys;
        private readonly float[] _values;

        public Past(WeightType type, int places, int width, Func<float, float> key)
        {
            _block = new NativeBlock(HeadCache.BytesFor(Heads, places, width, type));
            _cache = new HeadCache((nint)_block.Start, HeadCache.Pad(places), width, type);
            _keys = [.. KernelData.Noise(places * width, 1).Select(key)];
            _values = KernelData.Noise(places * width, 2);
            fixed (float* keys = _keys, values = _values)
            {
                for (var place = 0; place < places; place++)
                {
                    _cache.Put(Head, place, keys + (place * width), values + (place * width));
                    _cache.Put(0, place, values + (place * width), keys + (place * width));
                }
            }
        }

        private int Width => _cache.HeadWidth;

        public double Value(int place, int column) => Kept(_values[(place * Width) + column]);

        /// <summary>Makes all of a place's key the same.</summary>
        public void Put(int place, float key)
        {
            var keys = stackalloc float[Width];
            new Span<float>(keys, Width).Fill(key);
            _cache.Put(Head, place, keys, keys);
        }

        public NativeRows<float> Attend(string kernels, float[] queries, int length, bool isCausal)
        {
            using var asked = NativeRows<float>.Of(Queries, Width, queries);
            using var scratch = new NativeRows<float>(1, Elements.Pad(length + Queries) + Elements.Pad(Width));
            var outputs = new NativeRows<float>(Queries, Width);
            outputs.All.Fill(-3);
            KernelData.Named(kernels).Attend(new Attention
            {
                Cache = _cache,
                Head = Head,
                Queries = asked.Start,
                QueryStride = asked.Stride,
                Count = Queries,
                Length = length,
                IsCausal = isCausal,
                Outputs = outputs.Start,
                OutputStride = outputs.Stride,
                Scratch = scratch.Start,
            });
            for (var i = 0; i < Queries; i++)
                Assert.True(outputs.All.Slice((i * outputs.Stride) + Width, outputs.Stride - Width).IndexOfAnyExcept(-3f) < 0);
            return outputs;
        }

        public void AssertAttention(string kernels, float[] queries, int length, bool isCausal, double tolerance)
        {
            using var actual = Attend(kernels, queries, length, isCausal);
            for (var query = 0; query < Queries; query++)
            {
                var heard = length + (isCausal ? query : 0);
                var scores = Enumerable.Range(0, heard)
                    .Select(place => Enumerable.Range(0, Width).Sum(i => (double)queries[(query * Width) + i] * Kept(_keys[(place * Width) + i])) / Math.Sqrt(Width)).ToList();
                var weights = scores.Select(s => Math.Exp(s - scores.Max())).ToList();
                for (var column = 0; column < Width; column++)
                {
                    var expected = weights.Select((w, place) => w * Value(place, column)).Sum() / weights.Sum();
                    Assert.True(Math.Abs(actual[query][column] - expected) <= tolerance, $"width {Width}, length {length}, causal {isCausal}, query {query}, column {column}: {actual[query][column]} for {expected}");
                }
            }
        }

        public void Dispose() => _block.Dispose();

        private double Kept(float value) => _cache.Type == WeightType.Float32 ? value : Halves.ToFloat(Halves.Of(value));
    }
}
