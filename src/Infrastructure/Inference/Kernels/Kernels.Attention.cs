using System.Runtime.CompilerServices;

namespace MusicGen.Infrastructure.Inference.Kernels;

/// <content>Attention: scores by blocks of places, softmax, and the sum of values by columns.</content>
internal sealed unsafe partial class Kernels<TSimd, TFloats, TInts>
{
    public void Attend(in Attention attention)
    {
        if (attention.Cache.Type == WeightType.Float32)
            Attend<Singles<TFloats, TInts>>(attention);
        else
            Attend<BrainFloats<TFloats, TInts>>(attention);
    }

    private static void Attend<TElements>(in Attention attention)
        where TElements : IElements<TFloats, TInts>
    {
        for (var i = 0; i < attention.Count; i++)
        {
            var length = attention.Length + (attention.IsCausal ? i : 0);
            var probabilities = attention.Scratch;
            var query = attention.Queries + ((long)i * attention.QueryStride);
            var output = attention.Outputs + ((long)i * attention.OutputStride);
            Score<TElements>(attention.Cache, attention.Cache.Keys(attention.Head), query, probabilities, length);
            var total = Soften(probabilities, length);
            Blend<TElements>(attention.Cache, attention.Cache.Values(attention.Head), probabilities, length, 1 / total, output);
        }
    }

    // Places behind the last are computed too, and forgotten: blocks are whole.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Score<TElements>(in HeadCache cache, byte* keys, float* query, float* scores, int length)
        where TElements : IElements<TFloats, TInts>
    {
        var width = cache.HeadWidth;
        var chunkBytes = Elements.Chunk * TElements.Bytes;
        var scale = TSimd.Broadcast(1 / MathF.Sqrt(width));
        for (var place = 0; place < length; place += HeadCache.Block)
        {
            for (var i = 0; i < HeadCache.Block; i += TSimd.Width)
            {
                TFloats a = TSimd.Broadcast(0), b = a, c = a, d = a;
                var chunk = keys;
                var column = 0;
                for (; column <= width - 4; column += 4, chunk += 2 * chunkBytes)
                {
                    a = TSimd.MultiplyAdd(TElements.First<TSimd>(chunk, i), TSimd.Broadcast(query[column]), a);
                    b = TSimd.MultiplyAdd(TElements.Second<TSimd>(chunk, i), TSimd.Broadcast(query[column + 1]), b);
                    c = TSimd.MultiplyAdd(TElements.First<TSimd>(chunk + chunkBytes, i), TSimd.Broadcast(query[column + 2]), c);
                    d = TSimd.MultiplyAdd(TElements.Second<TSimd>(chunk + chunkBytes, i), TSimd.Broadcast(query[column + 3]), d);
                }

                for (; column < width; column += 2, chunk += chunkBytes)
                {
                    a = TSimd.MultiplyAdd(TElements.First<TSimd>(chunk, i), TSimd.Broadcast(query[column]), a);
                    if (column + 1 < width)
                        b = TSimd.MultiplyAdd(TElements.Second<TSimd>(chunk, i), TSimd.Broadcast(query[column + 1]), b);
                }

                TSimd.Store(scores + place + i, TSimd.Multiply(TSimd.Add(TSimd.Add(a, b), TSimd.Add(c, d)), scale));
            }

            keys += (width + 1) / 2 * chunkBytes;
        }
    }

    // Leaves e^(score - largest), zero behind the last, and gives their sum.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Soften(float* scores, int length)
    {
        var padded = HeadCache.Pad(length);
        for (var i = length; i < padded; i++)
            scores[i] = float.NegativeInfinity;
        var most = TSimd.Load(scores);
        for (var i = TSimd.Width; i < padded; i += TSimd.Width)
            most = TSimd.Max(most, TSimd.Load(scores + i));
        var less = TSimd.Broadcast(-TSimd.Largest(most));
        var sum = TSimd.Broadcast(0);
        for (var i = 0; i < padded; i += TSimd.Width)
        {
            var e = TSimd.Exp(TSimd.Add(TSimd.Load(scores + i), less));
            TSimd.Store(scores + i, e);
            sum = TSimd.Add(sum, e);
        }

        return TSimd.Sum(sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Blend<TElements>(in HeadCache cache, byte* values, float* probabilities, int length, float scale, float* output)
        where TElements : IElements<TFloats, TInts>
    {
        const int Half = Elements.Chunk / 2;
        var chunkBytes = Elements.Chunk * TElements.Bytes;
        var scales = TSimd.Broadcast(scale);
        var sums = probabilities + HeadCache.Pad(length);
        for (var first = 0; first < cache.HeadWidth; first += Elements.Chunk, values += (long)cache.Capacity * chunkBytes)
        {
            for (var i = 0; i < Half; i += TSimd.Width)
            {
                TFloats a = TSimd.Broadcast(0), b = a, c = a, d = a;
                var chunk = values;
                var place = 0;
                for (; place <= length - 2; place += 2, chunk += 2 * chunkBytes)
                {
                    var (p, q) = (TSimd.Broadcast(probabilities[place]), TSimd.Broadcast(probabilities[place + 1]));
                    a = TSimd.MultiplyAdd(TElements.First<TSimd>(chunk, i), p, a);
                    b = TSimd.MultiplyAdd(TElements.Second<TSimd>(chunk, i), p, b);
                    c = TSimd.MultiplyAdd(TElements.First<TSimd>(chunk + chunkBytes, i), q, c);
                    d = TSimd.MultiplyAdd(TElements.Second<TSimd>(chunk + chunkBytes, i), q, d);
                }

                if (place < length)
                {
                    var p = TSimd.Broadcast(probabilities[place]);
                    a = TSimd.MultiplyAdd(TElements.First<TSimd>(chunk, i), p, a);
                    b = TSimd.MultiplyAdd(TElements.Second<TSimd>(chunk, i), p, b);
                }

                TSimd.Store(sums + i, TSimd.Multiply(TSimd.Add(a, c), scales));
                TSimd.Store(sums + Half + i, TSimd.Multiply(TSimd.Add(b, d), scales));
            }

            var count = Math.Min(Elements.Chunk, cache.HeadWidth - first);
            Unsafe.CopyBlockUnaligned(output + first, sums, (uint)(count * sizeof(float)));
        }
    }
}
