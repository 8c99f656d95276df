using System.Buffers.Binary;
using MusicGen.Infrastructure.Inference.Audio;

namespace MusicGen.Infrastructure.Generations;

/// <summary>The outline of a stored 16-bit WAV file, read in blocks, so that a long clip never stands in memory whole.</summary>
internal static class WavPeaks
{
    private const int HeaderBytes = 44;
    private const int BlockFrames = 8192;

    /// <returns>[points][2], the least and the greatest sample of each stretch; channels together.</returns>
    public static async Task<float[][]> ReadAsync(Stream file, int points, CancellationToken ct)
    {
        var header = new byte[HeaderBytes];
        await file.ReadExactlyAsync(header, ct);
        var channels = BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(22));
        var frames = (file.Length - HeaderBytes) / 2 / channels;

        var bytes = new byte[BlockFrames * channels * 2];
        var samples = new float[BlockFrames * channels];
        var peaks = new float[points][];
        for (var p = 0; p < points; p++)
        {
            var from = p * frames / points;
            var to = Math.Min(frames, Math.Max(from + 1, (p + 1) * frames / points));
            peaks[p] = await StretchAsync(file, from, to, channels, bytes, samples, ct);
        }

        return peaks;
    }

    private static async Task<float[]> StretchAsync(
        Stream file, long from, long to, int channels, byte[] bytes, float[] samples, CancellationToken ct)
    {
        var (min, max) = (float.MaxValue, float.MinValue);
        file.Position = HeaderBytes + (from * channels * 2);
        for (var frame = from; frame < to; frame += BlockFrames)
        {
            var count = (int)Math.Min(BlockFrames, to - frame) * channels;
            await file.ReadExactlyAsync(bytes.AsMemory(0, count * 2), ct);
            for (var i = 0; i < count; i++)
                samples[i] = BinaryPrimitives.ReadInt16LittleEndian(bytes.AsSpan(i * 2)) / 32768f;
            var block = PeakEnvelope.Of(samples.AsSpan(0, count), channels, 1)[0];
            (min, max) = (Math.Min(min, block.Min), Math.Max(max, block.Max));
        }

        return from < to ? [min, max] : [0, 0];
    }
}
