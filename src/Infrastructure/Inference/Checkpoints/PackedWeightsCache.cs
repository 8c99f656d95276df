using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using MusicGen.Infrastructure.Inference.Decoder;
using MusicGen.Infrastructure.Inference.Kernels;

namespace MusicGen.Infrastructure.Inference.Checkpoints;

/// <summary>
/// Packed weights on disk, one file for each model's folder and type: which checkpoint they are of, the block as it lies in
/// memory, and a hash of both. A file that isn't whole, or is of other weights, is written anew; a folder that can't be
/// written to costs time at the next start, nothing else.
/// </summary>
/// <remarks>float32 isn't kept: the file would be as big as the checkpoint, and packing it is no slower than reading.</remarks>
/// <param name="folder">Where; null for nowhere.</param>
/// <param name="logger">Hears why a file couldn't be used.</param>
internal sealed partial class PackedWeightsCache(string? folder, ILogger logger)
{
    // Changes whenever the layout does.
    private const string Magic = "MusicGen packed weights 1\n";

    private const int Piece = 16 << 20;

    private static readonly TimeSpan Abandoned = TimeSpan.FromHours(1);

    /// <summary>A checkpoint's decoder, from its file if there is one, else from the checkpoint, and then into a file.</summary>
    /// <param name="model">The model's folder.</param>
    /// <param name="checkpoint">What lies in it.</param>
    /// <param name="type">Of the matrices.</param>
    public PackedDecoder Load(string model, Checkpoint checkpoint, WeightType type)
    {
        var (config, hasCrossAttention) = (checkpoint.Config.Decoder, checkpoint.Config.Melody is null);
        if (folder is null || type == WeightType.Float32)
            return PackedDecoder.Pack(config, hasCrossAttention, checkpoint, type);
        var path = PathFor(model, type);
        var head = Encoding.ASCII.GetBytes($"{Magic}{type}\n{config}\n{checkpoint.Fingerprint()}\n");
        var packed = PackedDecoder.Allocate(config, hasCrossAttention, type);
        try
        {
            if (Read(path, head, packed.Block))
                return packed;
            packed.Fill(checkpoint);
            Write(path, head, packed.Block);
            return packed;
        }
        catch
        {
            packed.Dispose();
            throw;
        }
    }

    /// <summary>The file of a model's folder.</summary>
    public string PathFor(string model, WeightType type)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(model));
        var place = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(full)))[..8];
        return Path.Combine(folder!, $"{Path.GetFileName(full)}-{place}-{type.ToString().ToLowerInvariant()}.packed");
    }

    private static unsafe Span<byte> PieceOf(NativeBlock block, long at) => new(block.Start + at, (int)Math.Min(Piece, block.Bytes - at));

    private bool Read(string path, byte[] head, NativeBlock block)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.SequentialScan);
            if (file.Length != head.Length + block.Bytes + SHA256.HashSizeInBytes)
                return false;
            var found = new byte[head.Length];
            file.ReadExactly(found);
            if (!found.AsSpan().SequenceEqual(head))
                return false;
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            hash.AppendData(found);
            for (long at = 0; at < block.Bytes; at += Piece)
            {
                file.ReadExactly(PieceOf(block, at));
                hash.AppendData(PieceOf(block, at));
            }

            var sum = new byte[SHA256.HashSizeInBytes];
            file.ReadExactly(sum);
            if (hash.GetHashAndReset().AsSpan().SequenceEqual(sum))
                return true;
            Log.Spoilt(logger, path);
            Clear(block);
            return false;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.Unread(logger, e, path);
            Clear(block);
            return false;
        }
    }

    // Under a name of its own until it is whole: others may be starting too.
    private void Write(string path, byte[] head, NativeBlock block)
    {
        var unfinished = $"{path}.{Guid.CreateVersion7():N}.tmp";
        try
        {
            Directory.CreateDirectory(folder!);
            using (var file = new FileStream(unfinished, FileMode.Create, FileAccess.Write, FileShare.None, 1))
            {
                using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
                file.Write(head);
                hash.AppendData(head);
                for (long at = 0; at < block.Bytes; at += Piece)
                {
                    file.Write(PieceOf(block, at));
                    hash.AppendData(PieceOf(block, at));
                }

                file.Write(hash.GetHashAndReset());
                file.Flush(flushToDisk: true);
            }

            RemoveAbandoned(path, unfinished);
            File.Move(unfinished, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.Unwritten(logger, e, path);
            Remove(unfinished);
        }
    }

    // What somebody left who was killed while writing: untouched for long, by the clock of the disk itself.
    private void RemoveAbandoned(string path, string own)
    {
        var untouched = File.GetLastWriteTimeUtc(own) - Abandoned;
        foreach (var unfinished in Directory.EnumerateFiles(folder!, $"{Path.GetFileName(path)}.*.tmp"))
        {
            if (File.GetLastWriteTimeUtc(unfinished) < untouched)
                Remove(unfinished);
        }
    }

    private static void Clear(NativeBlock block)
    {
        for (long at = 0; at < block.Bytes; at += Piece)
            PieceOf(block, at).Clear();
    }

    private static void Remove(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What is left over goes next time.
        }
    }

    private static partial class Log
    {
        [LoggerMessage(7206, LogLevel.Warning, "The packed weights {Path} are spoilt and are made anew")]
        public static partial void Spoilt(ILogger logger, string path);

        [LoggerMessage(7207, LogLevel.Warning, "The packed weights {Path} can't be read; the checkpoint is packed again")]
        public static partial void Unread(ILogger logger, Exception exception, string path);

        [LoggerMessage(7208, LogLevel.Warning, "The packed weights {Path} can't be written; every start will pack the checkpoint again")]
        public static partial void Unwritten(ILogger logger, Exception exception, string path);
    }
}
