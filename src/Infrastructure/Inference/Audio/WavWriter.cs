using System.Buffers.Binary;

namespace MusicGen.Infrastructure.Inference.Audio;

/// <summary>How samples lie in a WAV file.</summary>
internal enum WavEncoding
{
    /// <summary>16-bit integers (format tag 1).</summary>
    Pcm16,

    /// <summary>32-bit floats (format tag 3).</summary>
    Float32,
}

/// <summary>Writes RIFF WAVE with one fmt chunk and one data chunk and nothing that could differ between two writings.</summary>
internal static class WavWriter
{
    private const int HeaderBytes = 44;
    private const int FloatHeaderBytes = 58;

    /// <summary>The bytes that <see cref="Write"/> will produce.</summary>
    public static long Length(long samples, WavEncoding encoding) =>
        encoding == WavEncoding.Pcm16 ? HeaderBytes + (samples * 2) : FloatHeaderBytes + (samples * 4);

    /// <summary>Writes interleaved samples.</summary>
    /// <param name="stream">Need not seek.</param>
    /// <param name="samples">[frames × channels], within -1…1; beyond is clamped.</param>
    /// <param name="sampleRate">In hertz.</param>
    /// <param name="channels">1 or 2.</param>
    /// <param name="encoding">16-bit integers round to the nearest, ties to even.</param>
    /// <exception cref="ArgumentException">The data chunk would pass the 4 GiB that its size field can hold.</exception>
    public static void Write(Stream stream, ReadOnlySpan<float> samples, int sampleRate, int channels, WavEncoding encoding) =>
        new WavBlocks(stream, samples.Length / channels, sampleRate, channels, encoding).Write(samples);

    /// <summary>Writes what comes before the samples.</summary>
    /// <param name="stream">Need not seek.</param>
    /// <param name="samples">Of all channels together.</param>
    /// <param name="sampleRate">In hertz.</param>
    /// <param name="channels">1 or 2.</param>
    /// <param name="encoding">As the samples will be.</param>
    public static void WriteHeader(Stream stream, long samples, int sampleRate, int channels, WavEncoding encoding)
    {
        var isFloat = encoding == WavEncoding.Float32;
        var size = isFloat ? 4 : 2;
        Span<byte> header = stackalloc byte[FloatHeaderBytes];
        header.Clear();
        "RIFF"u8.CopyTo(header);
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], (uint)(Length(samples, encoding) - 8));
        "WAVEfmt "u8.CopyTo(header[8..]);
        // Non-PCM formats carry an (empty) extension and a fact chunk, or strict readers refuse them.
        BinaryPrimitives.WriteUInt32LittleEndian(header[16..], isFloat ? 18u : 16u);
        BinaryPrimitives.WriteUInt16LittleEndian(header[20..], isFloat ? (ushort)3 : (ushort)1);
        BinaryPrimitives.WriteUInt16LittleEndian(header[22..], (ushort)channels);
        BinaryPrimitives.WriteUInt32LittleEndian(header[24..], (uint)sampleRate);
        BinaryPrimitives.WriteUInt32LittleEndian(header[28..], (uint)(sampleRate * channels * size));
        BinaryPrimitives.WriteUInt16LittleEndian(header[32..], (ushort)(channels * size));
        BinaryPrimitives.WriteUInt16LittleEndian(header[34..], (ushort)(size * 8));
        var data = 36;
        if (isFloat)
        {
            "fact"u8.CopyTo(header[38..]);
            BinaryPrimitives.WriteUInt32LittleEndian(header[42..], 4);
            BinaryPrimitives.WriteUInt32LittleEndian(header[46..], (uint)(samples / channels));
            data = 50;
        }

        "data"u8.CopyTo(header[data..]);
        BinaryPrimitives.WriteUInt32LittleEndian(header[(data + 4)..], (uint)(samples * size));
        stream.Write(header[..(data + 8)]);
    }
}
