namespace MusicGen.Infrastructure.Inference.Kernels;

/// <summary>The few vector instructions that the kernels are made of, in the width of one processor family.</summary>
/// <typeparam name="TFloats">A vector of <see cref="Width"/> float32.</typeparam>
/// <typeparam name="TInts">A vector of as many int32, or of twice as many int16 or bfloat16.</typeparam>
internal unsafe interface ISimd<TFloats, TInts>
    where TFloats : struct
    where TInts : struct
{
    /// <summary>Floats of a vector: 4, 8 or 16.</summary>
    static abstract int Width { get; }

    static abstract TFloats Load(float* from);

    static abstract void Store(float* to, TFloats value);

    static abstract TFloats Broadcast(float value);

    static abstract TFloats Add(TFloats a, TFloats b);

    static abstract TFloats Multiply(TFloats a, TFloats b);

    static abstract TFloats Divide(TFloats a, TFloats b);

    static abstract TFloats Max(TFloats a, TFloats b);

    static abstract TFloats Absolute(TFloats a);

    /// <summary>a · b + sum.</summary>
    static abstract TFloats MultiplyAdd(TFloats a, TFloats b, TFloats sum);

    static abstract TFloats Exp(TFloats a);

    /// <summary>The sign of one value on another, which isn't negative.</summary>
    static abstract TFloats CopySign(TFloats magnitude, TFloats sign);

    static abstract float Sum(TFloats a);

    static abstract float Largest(TFloats a);

    static abstract TInts LoadInts(void* from);

    /// <summary>The bfloat16 in the low half of each int32.</summary>
    static abstract TFloats LowHalves(TInts pairs);

    /// <summary>The bfloat16 in the high half of each int32.</summary>
    static abstract TFloats HighHalves(TInts pairs);

    /// <summary>Twice <see cref="Width"/> int8 as int16.</summary>
    static abstract TInts Widen(sbyte* from);

    /// <summary>Products of int16, added in neighbouring pairs, and to a sum of int32.</summary>
    static abstract TInts PairwiseMultiplyAdd(TInts a, TInts b, TInts sum);

    static abstract TFloats ToFloats(TInts a);

    /// <summary>Twice <see cref="Width"/> floats, rounded to int16; they must fit.</summary>
    static abstract void StoreShorts(short* to, TFloats first, TFloats second);
}
