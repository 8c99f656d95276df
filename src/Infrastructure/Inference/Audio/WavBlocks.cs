using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace MusicGen.Infrastructure.Inference.Audio;

/// <summary>A WAV file written as its samples come: the header goes first, so the length must be known, and nothing is kept.</summary>
internal sealed class WavBlocks
{
    private readonly Stream _stream;
    private readonly WavEncoding _encoding;
    private readonly byte[] _block = new byte[16384];

    /// <param name="stream">Need not seek.</param>
    /// <param name="frames">How many will come.</param>
    /// <param name="sampleRate">In hertz.</param>
    /// <param name="channels">1 or 2.</param>
    /// <param name="encoding">16-bit integers round to the nearest, ties to even.</param>
    /// <exception cref="ArgumentException">The data chunk would pass the 4 GiB that its size field can hold.</exception>
    public WavBlocks(Stream stream, long frames, int sampleRate, int channels, WavEncoding encoding)
    {
        if (frames * channels * (encoding == WavEncoding.Pcm16 ? 2 : 4) > uint.MaxValue - 64)
            throw new ArgumentException("A WAV file holds at most 4 GiB.", nameof(frames));
        (_stream, _encoding) = (stream, encoding);
        WavWriter.WriteHeader(stream, frames * channels, sampleRate, channels, encoding);
    }

    /// <summary>Writes the next samples.</summary>
    /// <param name="samples">Interleaved, within -1…1; beyond is clamped.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Write(ReadOnlySpan<float> samples)
    {
        var size = _encoding == WavEncoding.Pcm16 ? 2 : 4;
        while (!samples.IsEmpty)
        {
            var count = Math.Min(samples.Length, _block.Length / size);
            if (_encoding == WavEncoding.Pcm16)
            {
                for (var i = 0; i < count; i++)
                    BinaryPrimitives.WriteInt16LittleEndian(_block.AsSpan(i * 2), (short)MathF.Round(Math.Clamp(samples[i], -1f, 1f) * 32767f));
            }
            else
            {
                for (var i = 0; i < count; i++)
                    BinaryPrimitives.WriteSingleLittleEndian(_block.AsSpan(i * 4), samples[i]);
            }

            _stream.Write(_block.AsSpan(0, count * size));
            samples = samples[count..];
        }
    }
}
