using System.IO.MemoryMappedFiles;
using MusicGen.Application.Generations;

namespace MusicGen.Infrastructure.Identity;

/// <summary>Makes a <see cref="PasswordFilter"/> of a list: counts it, then reads it again. Of the list, one piece is in memory.</summary>
public static class PasswordFilterBuilder
{
    private const int Steps = 1000;

    /// <summary>Builds a filter beside a file and puts it in its place when it is whole and has been read back.</summary>
    /// <param name="list">Passwords, one a line, or lines of <c>SHA1:COUNT</c>.</param>
    /// <param name="path">Where the filter goes.</param>
    /// <param name="progress">Hears of every thousandth.</param>
    /// <param name="ct">Stops it; nothing stays behind.</param>
    /// <returns>How many entries it has, and how many bytes.</returns>
    /// <exception cref="InvalidDataException">The list isn't one; the message is one sentence.</exception>
    /// <exception cref="IOException">A file can't be read or written.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be read or written.</exception>
    public static (long Items, long Bytes) Build(string list, string path, IProgress<StepsDone> progress, CancellationToken ct)
    {
        var source = PasswordList.Open(list);
        var items = 0L;
        source.Read(_ => items++, (done, total) => progress.Report(Half(done, total, 0)), ct);
        if (items == 0)
            throw new InvalidDataException("It holds no password.");

        var shape = PasswordFilterShape.For(items);
        var beside = $"{path}.{Environment.ProcessId}.part";
        try
        {
            Write(source, beside, shape, progress, ct);
            PasswordFilter.Open(beside).Dispose();
            File.Move(beside, path, overwrite: true);
            return (items, shape.FileBytes);
        }
        finally
        {
            File.Delete(beside);
        }
    }

    private static void Write(PasswordList source, string beside, PasswordFilterShape shape, IProgress<StepsDone> progress, CancellationToken ct)
    {
        // Room is taken first: a disk that fills up under a mapped file would end the process.
        using var stream = new FileStream(beside, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.ReadWrite,
            PreallocationSize = shape.FileBytes,
        });
        stream.SetLength(shape.FileBytes);
        using (var file = MemoryMappedFile.CreateFromFile(stream, mapName: null, capacity: 0, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: true))
        using (var view = file.CreateViewAccessor(0, shape.FileBytes))
        {
            var added = 0L;
            source.Read(sha1 => added += Add(view, shape, sha1), (done, total) => progress.Report(Half(done, total, Steps / 2)), ct);
            if (added != shape.Items)
                throw new InvalidDataException("It was changed while it was being read.");

            var header = new byte[PasswordFilterShape.HeaderBytes];
            shape.Write(header);
            view.WriteArray(0, header, 0, header.Length);
            var checksum = PasswordFilter.Sum(view, shape).Checksum;
            view.WriteArray(PasswordFilterShape.HeaderBytes, checksum, 0, checksum.Length);
            view.Flush();
        }

        stream.Flush(flushToDisk: true);
    }

    private static int Add(MemoryMappedViewAccessor view, PasswordFilterShape shape, ReadOnlySpan<byte> sha1)
    {
        for (var number = 0; number < shape.Hashes; number++)
        {
            var bit = shape.Bit(sha1, number);
            var at = PasswordFilterShape.BitsAt + (bit >> 3);
            view.Write(at, (byte)(view.ReadByte(at) | (1 << (int)(bit & 7))));
        }

        return 1;
    }

    private static StepsDone Half(long done, long total, int before) => new(before + (int)((double)done / Math.Max(total, 1) * (Steps / 2)), Steps);
}
