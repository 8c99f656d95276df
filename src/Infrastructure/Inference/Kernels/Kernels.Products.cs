using System.Runtime.CompilerServices;

namespace MusicGen.Infrastructure.Inference.Kernels;

/// <content>Products: four outputs by two or four rows at a time, their sums in registers all the while.</content>
internal sealed unsafe partial class Kernels<TSimd, TFloats, TInts>
{
    public void Multiply(in Product product, int from, int to)
    {
        switch (product.Weights.Type)
        {
            case WeightType.Float32:
                MultiplyFloats<Singles<TFloats, TInts>>(product, from, to);
                break;
            case WeightType.BFloat16:
                MultiplyFloats<BrainFloats<TFloats, TInts>>(product, from, to);
                break;
            default:
                MultiplyShorts(product, from, to);
                break;
        }

        if (product.End == ProductEnd.Activates)
            Activate(product, from * PackedMatrix.TileHeight, Math.Min(to * PackedMatrix.TileHeight, product.Weights.Outputs));
    }

    // A tile of weights stays in the nearest cache while all rows pass by.
    private static void MultiplyFloats<TElements>(in Product product, int from, int to)
        where TElements : IElements<TFloats, TInts>
    {
        for (var tile = from; tile < to; tile++)
        {
            var weights = (byte*)product.Weights.Data + ((long)tile * product.Weights.TileBytes);
            var row = 0;
            for (; row <= product.Rows - 4; row += 4)
                FourRows<TElements>(product, weights, tile, row);
            for (; row < product.Rows; row += 2)
                TwoRows<TElements>(product, weights, tile, row);
        }
    }

    private static void MultiplyShorts(in Product product, int from, int to)
    {
        for (var tile = from; tile < to; tile++)
        {
            var weights = (sbyte*)product.Weights.Data + ((long)tile * product.Weights.TileBytes);
            var row = 0;
            for (; row <= product.Rows - 4; row += 4)
                FourRows(product, weights, tile, row);
            for (; row < product.Rows; row += 2)
                TwoRows(product, weights, tile, row);
        }
    }

    // The last of an odd number of rows is computed twice: memory is what is waited for.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TwoRows<TElements>(in Product product, byte* weights, int tile, int row)
        where TElements : IElements<TFloats, TInts>
    {
        const int Half = Elements.Chunk / 2;
        var other = Math.Min(row + 1, product.Rows - 1);
        var x = product.Inputs + ((long)row * product.InputStride);
        var y = product.Inputs + ((long)other * product.InputStride);
        var size = Elements.Chunk * TElements.Bytes;
        var end = weights + product.Weights.TileBytes;
        TFloats x0 = TSimd.Broadcast(0), x1 = x0, x2 = x0, x3 = x0, y0 = x0, y1 = x0, y2 = x0, y3 = x0;
        for (; weights < end; weights += 4 * size, x += Elements.Chunk, y += Elements.Chunk)
        {
            for (var i = 0; i < Half; i += TSimd.Width)
            {
                var (a, b) = (TSimd.Load(x + i), TSimd.Load(y + i));
                var w = TElements.First<TSimd>(weights, i);
                x0 = TSimd.MultiplyAdd(w, a, x0);
                y0 = TSimd.MultiplyAdd(w, b, y0);
                w = TElements.First<TSimd>(weights + size, i);
                x1 = TSimd.MultiplyAdd(w, a, x1);
                y1 = TSimd.MultiplyAdd(w, b, y1);
                w = TElements.First<TSimd>(weights + (2 * size), i);
                x2 = TSimd.MultiplyAdd(w, a, x2);
                y2 = TSimd.MultiplyAdd(w, b, y2);
                w = TElements.First<TSimd>(weights + (3 * size), i);
                x3 = TSimd.MultiplyAdd(w, a, x3);
                y3 = TSimd.MultiplyAdd(w, b, y3);
                (a, b) = (TSimd.Load(x + Half + i), TSimd.Load(y + Half + i));
                w = TElements.Second<TSimd>(weights, i);
                x0 = TSimd.MultiplyAdd(w, a, x0);
                y0 = TSimd.MultiplyAdd(w, b, y0);
                w = TElements.Second<TSimd>(weights + size, i);
                x1 = TSimd.MultiplyAdd(w, a, x1);
                y1 = TSimd.MultiplyAdd(w, b, y1);
                w = TElements.Second<TSimd>(weights + (2 * size), i);
                x2 = TSimd.MultiplyAdd(w, a, x2);
                y2 = TSimd.MultiplyAdd(w, b, y2);
                w = TElements.Second<TSimd>(weights + (3 * size), i);
                x3 = TSimd.MultiplyAdd(w, a, x3);
                y3 = TSimd.MultiplyAdd(w, b, y3);
            }
        }

        Finish(product, tile, row, x0, x1, x2, x3);
        if (other != row)
            Finish(product, tile, other, y0, y1, y2, y3);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourRows<TElements>(in Product product, byte* weights, int tile, int row)
        where TElements : IElements<TFloats, TInts>
    {
        const int Half = Elements.Chunk / 2;
        var x = product.Inputs + ((long)row * product.InputStride);
        var y = x + product.InputStride;
        var z = y + product.InputStride;
        var u = z + product.InputStride;
        var size = Elements.Chunk * TElements.Bytes;
        var end = weights + product.Weights.TileBytes;
        TFloats x0 = TSimd.Broadcast(0), x1 = x0, x2 = x0, x3 = x0, y0 = x0, y1 = x0, y2 = x0, y3 = x0;
        TFloats z0 = x0, z1 = x0, z2 = x0, z3 = x0, u0 = x0, u1 = x0, u2 = x0, u3 = x0;
        for (; weights < end; weights += 4 * size, x += Elements.Chunk, y += Elements.Chunk, z += Elements.Chunk, u += Elements.Chunk)
        {
            for (var i = 0; i < Half; i += TSimd.Width)
            {
                var (a, b, c, d) = (TSimd.Load(x + i), TSimd.Load(y + i), TSimd.Load(z + i), TSimd.Load(u + i));
                var w = TElements.First<TSimd>(weights, i);
                x0 = TSimd.MultiplyAdd(w, a, x0);
                y0 = TSimd.MultiplyAdd(w, b, y0);
                z0 = TSimd.MultiplyAdd(w, c, z0);
                u0 = TSimd.MultiplyAdd(w, d, u0);
                w = TElements.First<TSimd>(weights + size, i);
                x1 = TSimd.MultiplyAdd(w, a, x1);
                y1 = TSimd.MultiplyAdd(w, b, y1);
                z1 = TSimd.MultiplyAdd(w, c, z1);
                u1 = TSimd.MultiplyAdd(w, d, u1);
                w = TElements.First<TSimd>(weights + (2 * size), i);
                x2 = TSimd.MultiplyAdd(w, a, x2);
                y2 = TSimd.MultiplyAdd(w, b, y2);
                z2 = TSimd.MultiplyAdd(w, c, z2);
                u2 = TSimd.MultiplyAdd(w, d, u2);
                w = TElements.First<TSimd>(weights + (3 * size), i);
                x3 = TSimd.MultiplyAdd(w, a, x3);
                y3 = TSimd.MultiplyAdd(w, b, y3);
                z3 = TSimd.MultiplyAdd(w, c, z3);
                u3 = TSimd.MultiplyAdd(w, d, u3);
                (a, b, c, d) = (TSimd.Load(x + Half + i), TSimd.Load(y + Half + i), TSimd.Load(z + Half + i), TSimd.Load(u + Half + i));
                w = TElements.Second<TSimd>(weights, i);
                x0 = TSimd.MultiplyAdd(w, a, x0);
                y0 = TSimd.MultiplyAdd(w, b, y0);
                z0 = TSimd.MultiplyAdd(w, c, z0);
                u0 = TSimd.MultiplyAdd(w, d, u0);
                w = TElements.Second<TSimd>(weights + size, i);
                x1 = TSimd.MultiplyAdd(w, a, x1);
                y1 = TSimd.MultiplyAdd(w, b, y1);
                z1 = TSimd.MultiplyAdd(w, c, z1);
                u1 = TSimd.MultiplyAdd(w, d, u1);
                w = TElements.Second<TSimd>(weights + (2 * size), i);
                x2 = TSimd.MultiplyAdd(w, a, x2);
                y2 = TSimd.MultiplyAdd(w, b, y2);
                z2 = TSimd.MultiplyAdd(w, c, z2);
                u2 = TSimd.MultiplyAdd(w, d, u2);
                w = TElements.Second<TSimd>(weights + (3 * size), i);
                x3 = TSimd.MultiplyAdd(w, a, x3);
                y3 = TSimd.MultiplyAdd(w, b, y3);
                z3 = TSimd.MultiplyAdd(w, c, z3);
                u3 = TSimd.MultiplyAdd(w, d, u3);
            }
        }

        Finish(product, tile, row, x0, x1, x2, x3);
        Finish(product, tile, row + 1, y0, y1, y2, y3);
        Finish(product, tile, row + 2, z0, z1, z2, z3);
        Finish(product, tile, row + 3, u0, u1, u2, u3);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TwoRows(in Product product, sbyte* weights, int tile, int row)
    {
        var other = Math.Min(row + 1, product.Rows - 1);
        var x = product.Shorts + ((long)row * product.InputStride);
        var y = product.Shorts + ((long)other * product.InputStride);
        var end = weights + product.Weights.TileBytes;
        TInts x0 = default, x1 = x0, x2 = x0, x3 = x0, y0 = x0, y1 = x0, y2 = x0, y3 = x0;
        for (; weights < end; weights += 4 * Elements.Chunk, x += Elements.Chunk, y += Elements.Chunk)
        {
            for (var i = 0; i < Elements.Chunk; i += 2 * TSimd.Width)
            {
                var (a, b) = (TSimd.LoadInts(x + i), TSimd.LoadInts(y + i));
                var w = TSimd.Widen(weights + i);
                x0 = TSimd.PairwiseMultiplyAdd(w, a, x0);
                y0 = TSimd.PairwiseMultiplyAdd(w, b, y0);
                w = TSimd.Widen(weights + Elements.Chunk + i);
                x1 = TSimd.PairwiseMultiplyAdd(w, a, x1);
                y1 = TSimd.PairwiseMultiplyAdd(w, b, y1);
                w = TSimd.Widen(weights + (2 * Elements.Chunk) + i);
                x2 = TSimd.PairwiseMultiplyAdd(w, a, x2);
                y2 = TSimd.PairwiseMultiplyAdd(w, b, y2);
                w = TSimd.Widen(weights + (3 * Elements.Chunk) + i);
                x3 = TSimd.PairwiseMultiplyAdd(w, a, x3);
                y3 = TSimd.PairwiseMultiplyAdd(w, b, y3);
            }
        }

        FinishInts(product, tile, row, x0, x1, x2, x3);
        if (other != row)
            FinishInts(product, tile, other, y0, y1, y2, y3);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourRows(in Product product, sbyte* weights, int tile, int row)
    {
        var x = product.Shorts + ((long)row * product.InputStride);
        var y = x + product.InputStride;
        var z = y + product.InputStride;
        var u = z + product.InputStride;
        var end = weights + product.Weights.TileBytes;
        TInts x0 = default, x1 = x0, x2 = x0, x3 = x0, y0 = x0, y1 = x0, y2 = x0, y3 = x0;
        TInts z0 = x0, z1 = x0, z2 = x0, z3 = x0, u0 = x0, u1 = x0, u2 = x0, u3 = x0;
        for (; weights < end; weights += 4 * Elements.Chunk, x += Elements.Chunk, y += Elements.Chunk, z += Elements.Chunk, u += Elements.Chunk)
        {
            for (var i = 0; i < Elements.Chunk; i += 2 * TSimd.Width)
            {
                var (a, b, c, d) = (TSimd.LoadInts(x + i), TSimd.LoadInts(y + i), TSimd.LoadInts(z + i), TSimd.LoadInts(u + i));
                var w = TSimd.Widen(weights + i);
                x0 = TSimd.PairwiseMultiplyAdd(w, a, x0);
                y0 = TSimd.PairwiseMultiplyAdd(w, b, y0);
                z0 = TSimd.PairwiseMultiplyAdd(w, c, z0);
                u0 = TSimd.PairwiseMultiplyAdd(w, d, u0);
                w = TSimd.Widen(weights + Elements.Chunk + i);
                x1 = TSimd.PairwiseMultiplyAdd(w, a, x1);
                y1 = TSimd.PairwiseMultiplyAdd(w, b, y1);
                z1 = TSimd.PairwiseMultiplyAdd(w, c, z1);
                u1 = TSimd.PairwiseMultiplyAdd(w, d, u1);
                w = TSimd.Widen(weights + (2 * Elements.Chunk) + i);
                x2 = TSimd.PairwiseMultiplyAdd(w, a, x2);
                y2 = TSimd.PairwiseMultiplyAdd(w, b, y2);
                z2 = TSimd.PairwiseMultiplyAdd(w, c, z2);
                u2 = TSimd.PairwiseMultiplyAdd(w, d, u2);
                w = TSimd.Widen(weights + (3 * Elements.Chunk) + i);
                x3 = TSimd.PairwiseMultiplyAdd(w, a, x3);
                y3 = TSimd.PairwiseMultiplyAdd(w, b, y3);
                z3 = TSimd.PairwiseMultiplyAdd(w, c, z3);
                u3 = TSimd.PairwiseMultiplyAdd(w, d, u3);
            }
        }

        FinishInts(product, tile, row, x0, x1, x2, x3);
        FinishInts(product, tile, row + 1, y0, y1, y2, y3);
        FinishInts(product, tile, row + 2, z0, z1, z2, z3);
        FinishInts(product, tile, row + 3, u0, u1, u2, u3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void FinishInts(in Product product, int tile, int row, TInts a, TInts b, TInts c, TInts d)
    {
        var step = TSimd.Broadcast(product.Steps[row]);
        var scales = (float*)product.Weights.Scales + (tile * PackedMatrix.TileHeight);
        Finish(
            product, tile, row,
            TSimd.Multiply(TSimd.ToFloats(a), TSimd.Multiply(step, TSimd.Broadcast(scales[0]))),
            TSimd.Multiply(TSimd.ToFloats(b), TSimd.Multiply(step, TSimd.Broadcast(scales[1]))),
            TSimd.Multiply(TSimd.ToFloats(c), TSimd.Multiply(step, TSimd.Broadcast(scales[2]))),
            TSimd.Multiply(TSimd.ToFloats(d), TSimd.Multiply(step, TSimd.Broadcast(scales[3]))));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Finish(in Product product, int tile, int row, TFloats a, TFloats b, TFloats c, TFloats d)
    {
        var output = tile * PackedMatrix.TileHeight;
        var y = product.Target(row) + output;
        var sums = System.Runtime.Intrinsics.Vector128.Create(TSimd.Sum(a), TSimd.Sum(b), TSimd.Sum(c), TSimd.Sum(d));
        var count = product.Weights.Outputs - output;
        for (var i = 0; i < Math.Min(PackedMatrix.TileHeight, count); i++)
            y[i] = product.End == ProductEnd.Adds ? y[i] + sums[i] : sums[i];
    }

    // Whole vectors: rows of outputs are filled up, and parts of a product are whole numbers of vectors.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Activate(in Product product, int from, int to)
    {
        for (var row = 0; row < product.Rows; row++)
        {
            var y = product.Target(row);
            for (var i = from; i < to; i += TSimd.Width)
                TSimd.Store(y + i, Gelu(TSimd.Load(y + i)));
        }
    }
}
