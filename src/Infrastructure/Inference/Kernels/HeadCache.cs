using System.Runtime.CompilerServices;

namespace MusicGen.Infrastructure.Inference.Kernels;

/// <summary>
/// Keys and values of one row's heads in one layer, in chunks of 32 elements. Keys in blocks of 16 places: for each pair
/// of a head's columns the 16 places of the one, then of the other, so that a vector of places is added up without adding
/// within vectors. Values by 32 columns, place after place.
/// </summary>
/// <param name="Start">64-byte aligned, of <see cref="BytesFor"/>.</param>
/// <param name="Capacity">Places, a multiple of 16.</param>
/// <param name="HeadWidth">Columns of a head.</param>
/// <param name="Type">float32 or bfloat16.</param>
internal readonly unsafe record struct HeadCache(nint Start, int Capacity, int HeadWidth, WeightType Type)
{
    /// <summary>Places of a block of keys.</summary>
    public const int Block = Elements.Chunk / 2;

    private int ElementBytes => PackedMatrix.ElementBytes(Type);

    private int KeyColumns => (HeadWidth + 1) / 2 * 2;

    private long KeyBytes => (long)KeyColumns * Capacity * ElementBytes;

    private long HeadBytes => KeyBytes + ((long)Elements.Pad(HeadWidth) * Capacity * ElementBytes);

    /// <summary>The next multiple of a block.</summary>
    public static int Pad(int places) => (places + Block - 1) / Block * Block;

    public static long BytesFor(int heads, int capacity, int headWidth, WeightType type) =>
        heads * new HeadCache(0, Pad(capacity), headWidth, type).HeadBytes;

    /// <summary>A head's keys.</summary>
    public byte* Keys(int head) => (byte*)Start + (head * HeadBytes);

    /// <summary>A head's values.</summary>
    public byte* Values(int head) => Keys(head) + KeyBytes;

    /// <summary>Takes in a head's key and value of one place.</summary>
    public void Put(int head, int place, float* key, float* value)
    {
        if (Type == WeightType.Float32)
            Put<Singles<float, int>>(head, place, key, value);
        else
            Put<BrainFloats<float, int>>(head, place, key, value);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Put<TElements>(int head, int place, float* key, float* value)
        where TElements : IElements<float, int>
    {
        const int Half = Elements.Chunk / 2;
        var chunkBytes = Elements.Chunk * TElements.Bytes;
        var keys = Keys(head) + ((long)(place / Block) * KeyColumns / 2 * chunkBytes);
        for (var column = 0; column < HeadWidth; column++)
            TElements.Put(keys + (column / 2 * chunkBytes), (column % 2 * Half) + (place % Block), key[column]);
        var values = Values(head) + ((long)place * chunkBytes);
        for (var column = 0; column < HeadWidth; column++)
            TElements.Put(values + ((long)(column / Elements.Chunk) * Capacity * chunkBytes), column % Elements.Chunk, value[column]);
    }
}
