using System.Buffers.Binary;

namespace MusicGen.Programs.Judge;

/// <summary>What a WAV file holds, read without any of the product's code.</summary>
/// <param name="Channels">[channels][frames]</param>
/// <param name="Rate">In hertz.</param>
internal sealed record Sound(float[][] Channels, int Rate)
{
    public int Frames => Channels[0].Length;

    public double Seconds => (double)Frames / Rate;

    /// <summary>The mean of the channels.</summary>
    public float[] Mono()
    {
        var mono = new float[Frames];
        foreach (var channel in Channels)
        {
            for (var i = 0; i < mono.Length; i++)
                mono[i] += channel[i] / Channels.Length;
        }

        return mono;
    }

    public static Sound Read(string file) => Parse(File.ReadAllBytes(file));

    /// <summary>Reads RIFF WAVE of 16-bit integers or 32-bit floats.</summary>
    /// <exception cref="InvalidDataException">It is something else.</exception>
    public static Sound Parse(ReadOnlySpan<byte> file)
    {
        if (file.Length < 12 || !file[..4].SequenceEqual("RIFF"u8) || !file.Slice(8, 4).SequenceEqual("WAVE"u8))
            throw new InvalidDataException("Not a WAV file.");
        var (tag, channels, rate, bits) = (0, 0, 0, 0);
        for (var at = 12; at + 8 <= file.Length;)
        {
            var size = BinaryPrimitives.ReadInt32LittleEndian(file[(at + 4)..]);
            var body = file.Slice(at + 8, Math.Min(size, file.Length - at - 8));
            if (file.Slice(at, 4).SequenceEqual("fmt "u8))
                (tag, channels, rate, bits) = (Short(body, 0), Short(body, 2), BinaryPrimitives.ReadInt32LittleEndian(body[4..]), Short(body, 14));
            else if (file.Slice(at, 4).SequenceEqual("data"u8))
                return new Sound(Samples(body, tag, channels, bits), rate);
            at += 8 + size + (size & 1);
        }

        throw new InvalidDataException("It holds no samples.");
    }

    private static int Short(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    private static float[][] Samples(ReadOnlySpan<byte> body, int tag, int channels, int bits)
    {
        if (channels < 1 || (tag, bits) is not ((1, 16) or (3, 32)))
            throw new InvalidDataException("Only 16-bit integers and 32-bit floats are read.");
        var frames = body.Length / (channels * bits / 8);
        var samples = Enumerable.Range(0, channels).Select(_ => new float[frames]).ToArray();
        for (var i = 0; i < frames * channels; i++)
        {
            samples[i % channels][i / channels] = bits == 16
                ? BinaryPrimitives.ReadInt16LittleEndian(body[(2 * i)..]) / 32768f
                : BinaryPrimitives.ReadSingleLittleEndian(body[(4 * i)..]);
        }

        return samples;
    }
}
