using System.Buffers.Binary;

namespace MusicGen.Infrastructure.Inference.Audio;

/// <summary>A WAV file's samples.</summary>
/// <param name="Samples">Interleaved, [frames × channels].</param>
/// <param name="SampleRate">In hertz.</param>
/// <param name="Channels">At least 1.</param>
internal sealed record WavAudio(float[] Samples, int SampleRate, int Channels);

/// <summary>Reads RIFF WAVE of 16-bit integers or 32-bit floats; chunks it doesn't know are passed over.</summary>
internal static class WavReader
{
    /// <summary>Reads the whole file.</summary>
    /// <exception cref="InvalidDataException">Not such a file, or cut short.</exception>
    public static WavAudio Read(Stream stream)
    {
        Span<byte> head = stackalloc byte[12];
        ReadExactly(stream, head);
        if (!head[..4].SequenceEqual("RIFF"u8) || !head[8..].SequenceEqual("WAVE"u8))
            throw new InvalidDataException("Not a WAV file.");

        int tag = 0, channels = 0, rate = 0, bits = 0;
        Span<byte> format = stackalloc byte[40];
        while (true)
        {
            ReadExactly(stream, head[..8]);
            var size = BinaryPrimitives.ReadUInt32LittleEndian(head[4..]);
            if (head[..4].SequenceEqual("data"u8))
                return new WavAudio(ReadSamples(stream, size, tag, bits, channels), rate, channels);

            if (head[..4].SequenceEqual("fmt "u8) && size is >= 16 and <= 40)
            {
                ReadExactly(stream, format[..(int)size]);
                tag = BinaryPrimitives.ReadUInt16LittleEndian(format);
                channels = BinaryPrimitives.ReadUInt16LittleEndian(format[2..]);
                rate = BinaryPrimitives.ReadInt32LittleEndian(format[4..]);
                bits = BinaryPrimitives.ReadUInt16LittleEndian(format[14..]);
                // WAVE_FORMAT_EXTENSIBLE keeps the real tag at the start of its sub-format.
                if (tag == 0xFFFE && size == 40)
                    tag = BinaryPrimitives.ReadUInt16LittleEndian(format[24..]);
                if ((size & 1) == 1)
                    Skip(stream, 1);
            }
            else
            {
                Skip(stream, size + (size & 1));
            }
        }
    }

    private static float[] ReadSamples(Stream stream, uint size, int tag, int bits, int channels)
    {
        var isFloat = tag == 3 && bits == 32;
        if (channels is < 1 or > 64 || !(isFloat || (tag == 1 && bits == 16)))
            throw new InvalidDataException("Only 16-bit and 32-bit float WAV files are read.");

        // A header that promises more than the file holds must not cost the memory it promises.
        if (stream.CanSeek && size > stream.Length - stream.Position)
            throw new InvalidDataException("The WAV file is cut short.");

        var width = isFloat ? 4 : 2;
        var samples = new float[size / (uint)(width * channels) * channels];
        var block = new byte[65536];
        for (var at = 0; at < samples.Length;)
        {
            var count = Math.Min(samples.Length - at, block.Length / width);
            ReadExactly(stream, block.AsSpan(0, count * width));
            for (var i = 0; i < count; i++)
            {
                samples[at + i] = isFloat
                    ? BinaryPrimitives.ReadSingleLittleEndian(block.AsSpan(i * 4))
                    : BinaryPrimitives.ReadInt16LittleEndian(block.AsSpan(i * 2)) / 32767f;
            }

            at += count;
        }

        return samples;
    }

    private static void Skip(Stream stream, long count)
    {
        Span<byte> waste = stackalloc byte[512];
        for (; count > 0; count -= Math.Min(count, waste.Length))
            ReadExactly(stream, waste[..(int)Math.Min(count, waste.Length)]);
    }

    private static void ReadExactly(Stream stream, Span<byte> buffer)
    {
        if (stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false) < buffer.Length)
            throw new InvalidDataException("The WAV file is cut short.");
    }
}
