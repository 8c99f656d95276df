using System.Buffers;

namespace MusicGen.Infrastructure.Files;

/// <summary>
/// An object of a bucket as a seekable stream. It is read in blocks, each by a request of its own: a range costs that range,
/// a slow listener holds no connection, and what broke off is asked for again before anything of it was given on.
/// </summary>
/// <param name="length">Of the object, in bytes.</param>
/// <param name="fetch">Fills a block with the bytes from an offset on.</param>
internal sealed class BucketStream(long length, Func<long, Memory<byte>, CancellationToken, Task> fetch) : Stream
{
    /// <summary>Players look at the first bytes and leave.</summary>
    private const int FirstBlock = 64 * 1024;

    private const int LargestBlock = 1024 * 1024;

    private byte[] _block = [];
    private long _start;
    private int _count;
    private long _position;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position
    {
        get => _position;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            _position = value;
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_position >= length || buffer.IsEmpty)
            return 0;
        if (_position < _start || _position >= _start + _count)
            await FillAsync(cancellationToken);
        var offset = (int)(_position - _start);
        var count = Math.Min(buffer.Length, _count - offset);
        _block.AsMemory(offset, count).CopyTo(buffer);
        _position += count;
        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("A bucket is read asynchronously.");

    public override long Seek(long offset, SeekOrigin origin) => Position = offset + origin switch
    {
        SeekOrigin.Current => _position,
        SeekOrigin.End => length,
        _ => 0,
    };

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        Take(0);
        base.Dispose(disposing);
    }

    // Whoever reads on gets larger blocks; whoever jumps begins anew.
    private async Task FillAsync(CancellationToken ct)
    {
        var wanted = _count > 0 && _position == _start + _count ? Math.Min(_count * 2, LargestBlock) : FirstBlock;
        var count = (int)Math.Min(wanted, length - _position);
        Take(count);
        await fetch(_position, _block.AsMemory(0, count), ct);
        (_start, _count) = (_position, count);
    }

    private void Take(int bytes)
    {
        _count = 0;
        if (bytes > 0 && _block.Length >= bytes)
            return;
        if (_block.Length > 0)
            ArrayPool<byte>.Shared.Return(_block);
        _block = bytes == 0 ? [] : ArrayPool<byte>.Shared.Rent(bytes);
    }
}
