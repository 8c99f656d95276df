using System.Runtime.CompilerServices;

namespace MusicGen.Infrastructure.Inference.Kernels;

/// <summary>
/// Numbers in chunks of 32, of which a vector holds neighbours i.. of the first half or of the second. bfloat16 lies in
/// pairs (i, 16 + i), so that both halves come from one load, by a shift and by a mask.
/// </summary>
internal unsafe interface IElements<TFloats, TInts>
    where TFloats : struct
    where TInts : struct
{
    /// <summary>Of one element.</summary>
    static abstract int Bytes { get; }

    static abstract TFloats First<TSimd>(byte* chunk, int i)
        where TSimd : ISimd<TFloats, TInts>;

    static abstract TFloats Second<TSimd>(byte* chunk, int i)
        where TSimd : ISimd<TFloats, TInts>;

    /// <summary>Writes one element.</summary>
    static abstract void Put(byte* chunk, int i, float value);
}

internal static class Elements
{
    /// <summary>Elements of a chunk.</summary>
    public const int Chunk = 32;

    /// <summary>The next multiple of a chunk.</summary>
    public static int Pad(int count) => (count + Chunk - 1) / Chunk * Chunk;
}

internal readonly unsafe struct Singles<TFloats, TInts> : IElements<TFloats, TInts>
    where TFloats : struct
    where TInts : struct
{
    public static int Bytes => sizeof(float);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TFloats First<TSimd>(byte* chunk, int i)
        where TSimd : ISimd<TFloats, TInts> => TSimd.Load((float*)chunk + i);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TFloats Second<TSimd>(byte* chunk, int i)
        where TSimd : ISimd<TFloats, TInts> => TSimd.Load((float*)chunk + (Elements.Chunk / 2) + i);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Put(byte* chunk, int i, float value) => ((float*)chunk)[i] = value;
}

internal readonly unsafe struct BrainFloats<TFloats, TInts> : IElements<TFloats, TInts>
    where TFloats : struct
    where TInts : struct
{
    public static int Bytes => sizeof(ushort);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TFloats First<TSimd>(byte* chunk, int i)
        where TSimd : ISimd<TFloats, TInts> => TSimd.LowHalves(TSimd.LoadInts((int*)chunk + i));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TFloats Second<TSimd>(byte* chunk, int i)
        where TSimd : ISimd<TFloats, TInts> => TSimd.HighHalves(TSimd.LoadInts((int*)chunk + i));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Put(byte* chunk, int i, float value) =>
        ((ushort*)chunk)[i < Elements.Chunk / 2 ? 2 * i : (2 * (i - (Elements.Chunk / 2))) + 1] = Halves.Of(value);
}
