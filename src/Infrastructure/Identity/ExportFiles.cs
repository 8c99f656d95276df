using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using MusicGen.Application.Identity;
using MusicGen.Infrastructure.Generations;
using MusicGen.Infrastructure.Retention;

namespace MusicGen.Infrastructure.Identity;

/// <summary>Exports beside the audio, which all nodes share. Every file is the service's user's alone and appears whole, by a rename.</summary>
internal sealed class ExportFiles(IOptions<AudioStoreOptions> audio, IOptions<RetentionOptions> retention) : IExportFiles
{
    private const string Ending = ".zip";
    private const string HalfEnding = ".part";
    private const int BufferSize = 64 * 1024;

    private readonly string _folder = Path.Combine(audio.Value.Path, "exports");

    public TimeSpan Kept => TimeSpan.FromHours(retention.Value.ExportHours);

    public async Task<ExportFile> WriteAsync(Guid id, Func<Stream, Task> write, CancellationToken ct)
    {
        CreateFolder();
        var half = Path.Combine(_folder, $"{id}.{Guid.CreateVersion7():N}{HalfEnding}"); // a worker that lost the export may still write its own
        try
        {
            await using (var file = new FileStream(half, CreationOptions()))
            {
                await write(file);
                file.Flush(flushToDisk: true);
            }

            var made = await DescribeAsync(half, ct);
            File.Move(half, PathOf(id), overwrite: true);
            return made;
        }
        finally
        {
            File.Delete(half);
        }
    }

    public Stream? Open(Guid id)
    {
        try
        {
            return new FileStream(PathOf(id), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, BufferSize, useAsync: true);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    public void Delete(Guid id)
    {
        if (Directory.Exists(_folder))
            File.Delete(PathOf(id));
    }

    public int DeleteLeftovers(DateTimeOffset now)
    {
        var folder = new DirectoryInfo(_folder);
        if (!folder.Exists)
            return 0;
        var old = folder.GetFiles().Where(f => f.LastWriteTimeUtc < (now - Kept).UtcDateTime).ToList();
        old.ForEach(f => f.Delete());
        return old.Count;
    }

    private static async Task<ExportFile> DescribeAsync(string path, CancellationToken ct)
    {
        await using var file = File.OpenRead(path);
        return new ExportFile(file.Length, Convert.ToHexStringLower(await SHA256.HashDataAsync(file, ct)));
    }

    private static FileStreamOptions CreationOptions()
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Share = FileShare.None,
            BufferSize = BufferSize,
            Options = FileOptions.Asynchronous,
        };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return options;
    }

    private void CreateFolder()
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(_folder);
        else
            Directory.CreateDirectory(_folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private string PathOf(Guid id) => Path.Combine(_folder, id + Ending);
}
