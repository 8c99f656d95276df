using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace MusicGen.Infrastructure.Inference.Kernels;

/// <summary>The kernels, written once for every processor: the compiler makes one copy for each kind of vector.</summary>
[SuppressMessage("Design", "MA0049", Justification = "The folder holds what this is made of.")]
internal sealed unsafe partial class Kernels<TSimd, TFloats, TInts>(string name) : IKernels
    where TSimd : ISimd<TFloats, TInts>
    where TFloats : struct
    where TInts : struct
{
    private const float Epsilon = 1e-5f;

    // The inverse of less isn't finite.
    private const float Nothing = 1e-30f;

    public string Name => name;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Normalise(float* x, float* weight, float* bias, float* y, int width)
    {
        var sum = TSimd.Broadcast(0);
        var i = 0;
        for (; i <= width - TSimd.Width; i += TSimd.Width)
            sum = TSimd.Add(sum, TSimd.Load(x + i));
        var total = TSimd.Sum(sum);
        for (; i < width; i++)
            total += x[i];
        var mean = total / width;

        var (less, squares) = (TSimd.Broadcast(-mean), TSimd.Broadcast(0));
        for (i = 0; i <= width - TSimd.Width; i += TSimd.Width)
        {
            var d = TSimd.Add(TSimd.Load(x + i), less);
            squares = TSimd.MultiplyAdd(d, d, squares);
        }

        total = TSimd.Sum(squares);
        for (; i < width; i++)
            total += (x[i] - mean) * (x[i] - mean);
        var scale = 1 / MathF.Sqrt((total / width) + Epsilon);

        var scales = TSimd.Broadcast(scale);
        for (i = 0; i <= width - TSimd.Width; i += TSimd.Width)
        {
            var d = TSimd.Multiply(TSimd.Add(TSimd.Load(x + i), less), scales);
            TSimd.Store(y + i, TSimd.MultiplyAdd(d, TSimd.Load(weight + i), TSimd.Load(bias + i)));
        }

        for (; i < width; i++)
            y[i] = ((x[i] - mean) * scale * weight[i]) + bias[i];
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public float Quantise(float* x, short* shorts, int width)
    {
        // A processor's maximum forgets a NaN; zero times what isn't finite is one for good.
        TFloats zero = TSimd.Broadcast(0), most = zero, spoilt = zero;
        for (var i = 0; i < width; i += TSimd.Width)
        {
            var v = TSimd.Load(x + i);
            most = TSimd.Max(most, TSimd.Absolute(v));
            spoilt = TSimd.MultiplyAdd(v, zero, spoilt);
        }

        var largest = TSimd.Largest(most);
        var isFinite = TSimd.Sum(spoilt) == 0;
        if (!(largest > Nothing) || !isFinite)
        {
            Unsafe.InitBlockUnaligned(shorts, 0, (uint)(width * sizeof(short)));
            return isFinite ? 0 : float.NaN; // it shall be seen
        }

        // No lane of a product's int32 may run over: each adds width / Width products of up to 127 times this.
        var limit = MathF.Min(short.MaxValue, MathF.Floor((float)(int.MaxValue - (1 << 20)) / (sbyte.MaxValue * (width / TSimd.Width))));
        var scale = TSimd.Broadcast(limit / largest);
        for (var i = 0; i < width; i += 2 * TSimd.Width)
            TSimd.StoreShorts(shorts + i, TSimd.Multiply(TSimd.Load(x + i), scale), TSimd.Multiply(TSimd.Load(x + i + TSimd.Width), scale));
        return largest / limit;
    }

    /// <summary>x/2 · (1 + erf(x/√2)), erf by Abramowitz and Stegun 7.1.26, which is off by 1.5e-7 at most.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TFloats Gelu(TFloats x)
    {
        var one = TSimd.Broadcast(1);
        var z = TSimd.Absolute(TSimd.Multiply(x, TSimd.Broadcast(0.70710678118654752f)));
        var t = TSimd.Divide(one, TSimd.MultiplyAdd(z, TSimd.Broadcast(0.3275911f), one));
        var p = TSimd.MultiplyAdd(t, TSimd.Broadcast(1.061405429f), TSimd.Broadcast(-1.453152027f));
        p = TSimd.MultiplyAdd(p, t, TSimd.Broadcast(1.421413741f));
        p = TSimd.MultiplyAdd(p, t, TSimd.Broadcast(-0.284496736f));
        p = TSimd.Multiply(TSimd.MultiplyAdd(p, t, TSimd.Broadcast(0.254829592f)), t);
        var falling = TSimd.Exp(TSimd.Multiply(TSimd.Multiply(z, z), TSimd.Broadcast(-1)));
        var erf = TSimd.CopySign(TSimd.MultiplyAdd(TSimd.Multiply(p, falling), TSimd.Broadcast(-1), one), x);
        return TSimd.Multiply(TSimd.Multiply(x, TSimd.Broadcast(0.5f)), TSimd.Add(erf, one));
    }
}
