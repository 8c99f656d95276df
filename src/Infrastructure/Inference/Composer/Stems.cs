using System.IO.Compression;
using MusicGen.Infrastructure.Inference.Audio;
using MusicGen.Infrastructure.Inference.Composer.Synthesis;

namespace MusicGen.Infrastructure.Inference.Composer;

/// <summary>
/// Every player of a piece alone, with its own room and echo: before the bus compressor and the limiter, so that the files
/// add up to the mix as it was before them. They share one gain, which leaves a decibel above the loudest moment.
/// </summary>
internal sealed class Stems(Piece piece, int sampleRate, long frames)
{
    private const double CeilingDb = -1;

    // ZIP's own beginning of time: the same piece is the same bytes.
    private static readonly DateTimeOffset Moment = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Writes the ZIP, block by block; memory doesn't grow with the length.</summary>
    /// <param name="stream">Need not seek.</param>
    /// <param name="ct">Stops within a block.</param>
    public void Write(Stream stream, CancellationToken ct)
    {
        var gain = Gain(ct);
        using var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true);
        for (var part = 0; part < piece.Score.Parts.Count; part++)
        {
            var entry = archive.CreateEntry($"{part + 1:00}-{piece.Score.Parts[part].Role.ToString().ToLowerInvariant()}-{piece.Score.Parts[part].Instrument.Replace(' ', '-')}.wav", CompressionLevel.NoCompression);
            entry.LastWriteTime = Moment;
            using var file = entry.Open();
            var writer = new WavBlocks(file, frames, sampleRate, channels: 2, WavEncoding.Pcm16);
            var renderer = Alone(part);
            var block = new float[Renderer.Block * 2];
            for (var at = 0L; at < frames; at += Renderer.Block)
            {
                ct.ThrowIfCancellationRequested();
                var span = block.AsSpan(0, (int)Math.Min(Renderer.Block, frames - at) * 2);
                renderer.Next(span);
                foreach (ref var x in span)
                    x *= gain;
                writer.Write(span);
            }
        }
    }

    private Renderer Alone(int part) => new(piece.Plan, piece.Score, sampleRate, frames, part);

    private float Gain(CancellationToken ct)
    {
        var renderers = Enumerable.Range(0, piece.Score.Parts.Count).Select(Alone).ToArray();
        var (one, sum) = (new float[Renderer.Block * 2], new float[Renderer.Block * 2]);
        var peak = 1e-6f;
        for (var at = 0L; at < frames; at += Renderer.Block)
        {
            ct.ThrowIfCancellationRequested();
            var count = (int)Math.Min(Renderer.Block, frames - at) * 2;
            Array.Clear(sum);
            foreach (var renderer in renderers)
            {
                renderer.Next(one.AsSpan(0, count));
                for (var i = 0; i < count; i++)
                {
                    sum[i] += one[i];
                    peak = Math.Max(peak, Math.Abs(one[i]));
                }
            }

            for (var i = 0; i < count; i++)
                peak = Math.Max(peak, Math.Abs(sum[i]));
        }

        return (float)(Math.Pow(10, CeilingDb / 20) / peak);
    }
}
