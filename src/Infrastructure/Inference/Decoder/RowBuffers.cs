using MusicGen.Infrastructure.Inference.Kernels;

namespace MusicGen.Infrastructure.Inference.Decoder;

/// <summary>What a pass keeps for each of its rows, zero behind each row's end. Grows, and is kept from pass to pass.</summary>
internal sealed unsafe class RowBuffers(DecoderConfig config, int members) : IDisposable
{
    private NativeBlock? _block;
    private NativeBlock? _scratch;
    private int _rows;
    private int _places;
    private nint _at;

    /// <summary>Floats from row to row of what is as wide as the model.</summary>
    public int Width { get; } = Elements.Pad(config.Width);

    /// <summary>Floats from row to row of <see cref="Mixed"/>.</summary>
    public int MixedWidth { get; } = Elements.Pad(3 * config.Width);

    /// <summary>Floats from row to row of <see cref="Inner"/>, and int16 of <see cref="Shorts"/>.</summary>
    public int InnerWidth { get; } = Elements.Pad(Math.Max(config.Width, config.InnerWidth));

    /// <summary>Floats from row to row of <see cref="Logits"/>.</summary>
    public int LogitsWidth { get; } = config.Codebooks * config.Cardinality;

    /// <summary>The residual stream.</summary>
    public float* X { get; private set; }

    /// <summary>After a norm, and what attention heard.</summary>
    public float* Normed { get; private set; }

    /// <summary>Queries, keys and values.</summary>
    public float* Mixed { get; private set; }

    /// <summary>Between the products of the feed-forward.</summary>
    public float* Inner { get; private set; }

    /// <summary>The input of a product as int16.</summary>
    public short* Shorts { get; private set; }

    /// <summary>What a step of each row's <see cref="Shorts"/> means.</summary>
    public float* Steps { get; private set; }

    public float* Logits { get; private set; }

    /// <summary>The rows that hear a text.</summary>
    public int* Heard { get; private set; }

    /// <summary>A thread's own room for attention.</summary>
    public float* Scratch(int member) => (float*)_scratch!.Start + ((long)member * ScratchWidth(_places));

    /// <summary>Makes room.</summary>
    /// <param name="rows">Of a pass.</param>
    /// <param name="places">That a column may hear.</param>
    public void Reserve(int rows, int places)
    {
        if (places > _places)
        {
            _places = Math.Max(places, _places * 2);
            _scratch?.Dispose();
            _scratch = new NativeBlock((long)members * ScratchWidth(_places) * sizeof(float));
        }

        if (rows <= _rows)
            return;
        _rows = Math.Max(rows, _rows * 2);
        _block?.Dispose();
        long floats = (2L * Width) + MixedWidth + InnerWidth + (InnerWidth / 2) + LogitsWidth + 2;
        _block = new NativeBlock((_rows * floats * sizeof(float)) + (8 * NativeBlock.Alignment));
        _at = (nint)_block.Start;
        X = Take<float>(Width);
        Normed = Take<float>(Width);
        Mixed = Take<float>(MixedWidth);
        Inner = Take<float>(InnerWidth);
        Shorts = Take<short>(InnerWidth);
        Steps = Take<float>(1);
        Logits = Take<float>(LogitsWidth);
        Heard = Take<int>(1);
    }

    public void Dispose()
    {
        _block?.Dispose();
        _scratch?.Dispose();
    }

    private static int ScratchWidth(int places) => Elements.Pad(places) + (2 * Elements.Chunk);

    private T* Take<T>(int width)
        where T : unmanaged
    {
        var start = (T*)_at;
        _at += (nint)(((long)_rows * width * sizeof(T)) + NativeBlock.Alignment - 1) / NativeBlock.Alignment * NativeBlock.Alignment;
        return start;
    }
}
