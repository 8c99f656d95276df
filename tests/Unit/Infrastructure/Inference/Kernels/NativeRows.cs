using MusicGen.Infrastructure.Inference.Kernels;

namespace MusicGen.Unit.Infrastructure.Inference.Kernels;

/// <summary>Rows of numbers where kernels can reach them, each with room up to whole chunks.</summary>
internal sealed unsafe class NativeRows<T> : IDisposable
    where T : unmanaged
{
    private readonly NativeBlock _block;

    public NativeRows(int rows, int width)
    {
        (Rows, Width, Stride) = (rows, width, Elements.Pad(width));
        _block = new NativeBlock((long)rows * Stride * sizeof(T));
    }

    public int Rows { get; }

    public int Width { get; }

    /// <summary>Numbers from row to row.</summary>
    public int Stride { get; }

    public T* Start => (T*)_block.Start;

    public Span<T> All => new(Start, Rows * Stride);

    public Span<T> this[int row] => new(Start + ((long)row * Stride), Width);

    public static NativeRows<T> Of(int rows, int width, ReadOnlySpan<T> values)
    {
        var made = new NativeRows<T>(rows, width);
        for (var row = 0; row < rows; row++)
            values.Slice(row * width, width).CopyTo(made[row]);
        return made;
    }

    public void Dispose() => _block.Dispose();
}
