using System.Numerics;
using System.Runtime.CompilerServices;

namespace MusicGen.Infrastructure.Inference.Kernels;

/// <summary>What .NET's own vectors can do on any processor, Arm's among them.</summary>
internal readonly unsafe struct PortableSimd : ISimd<Vector<float>, Vector<int>>
{
    public static int Width => Vector<float>.Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Load(float* from) => Vector.Load(from);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* to, Vector<float> value) => value.Store(to);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Broadcast(float value) => new(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Add(Vector<float> a, Vector<float> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Multiply(Vector<float> a, Vector<float> b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Divide(Vector<float> a, Vector<float> b) => a / b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Max(Vector<float> a, Vector<float> b) => Vector.Max(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Absolute(Vector<float> a) => Vector.Abs(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> MultiplyAdd(Vector<float> a, Vector<float> b, Vector<float> sum) => Vector.MultiplyAddEstimate(a, b, sum);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Exp(Vector<float> a) => Vector.Exp(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> CopySign(Vector<float> magnitude, Vector<float> sign) => Vector.CopySign(magnitude, sign);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector<float> a) => Vector.Sum(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Largest(Vector<float> a)
    {
        var largest = a[0];
        for (var i = 1; i < Vector<float>.Count; i++)
            largest = MathF.Max(largest, a[i]);
        return largest;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<int> LoadInts(void* from) => Vector.Load((int*)from);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> LowHalves(Vector<int> pairs) => Vector.AsVectorSingle(Vector.ShiftLeft(pairs, 16));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> HighHalves(Vector<int> pairs) => Vector.AsVectorSingle(pairs & new Vector<int>(unchecked((int)0xFFFF0000)));

    // Reads twice what it uses: blocks of memory end with room for that.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<int> Widen(sbyte* from)
    {
        Vector.Widen(Vector.Load(from), out var low, out _);
        return Vector.AsVectorInt32(low);
    }

    // Neighbours needn't be added to each other: all lanes are added in the end.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<int> PairwiseMultiplyAdd(Vector<int> a, Vector<int> b, Vector<int> sum)
    {
        Vector.Widen(Vector.AsVectorInt16(a), out var a0, out var a1);
        Vector.Widen(Vector.AsVectorInt16(b), out var b0, out var b1);
        return sum + (a0 * b0) + (a1 * b1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> ToFloats(Vector<int> a) => Vector.ConvertToSingle(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreShorts(short* to, Vector<float> first, Vector<float> second) =>
        Vector.Narrow(Vector.ConvertToInt32(Vector.Round(first)), Vector.ConvertToInt32(Vector.Round(second))).Store(to);
}
