using System.Runtime.CompilerServices;

namespace MusicGen.Infrastructure.Inference.Kernels;

/// <summary>bfloat16: the upper half of a float32.</summary>
internal static class Halves
{
    /// <summary>Rounded to the nearest, to even between two.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort Of(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsNaN(value) ? (ushort)0x7FC0 : (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float ToFloat(ushort half) => BitConverter.UInt32BitsToSingle((uint)half << 16);
}
