using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MusicGen.Application.Generations;
using MusicGen.Domain;
using MusicGen.Domain.Generations;
using MusicGen.Infrastructure.Inference.Audio;

namespace MusicGen.Infrastructure.Generations;

/// <summary>
/// A folder for each task. Both WAV files are written when the task ends, other formats when they are first asked for.
/// Every file appears whole, by a rename, after its hash, which is its ETag.
/// </summary>
internal sealed class FileAudioStore(IOptions<AudioStoreOptions> options, ILogger<FileAudioStore> logger) : IAudioStore, IDisposable
{
    private const string HashEnding = ".sha256";
    private const string HalfEnding = ".part";

    private static readonly TimeSpan RetryWhenBusy = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan PatienceForEncoder = TimeSpan.FromSeconds(20);

    /// <summary>Files that ffmpeg makes again when they are asked for.</summary>
    private static readonly HashSet<string> CopyNames =
        [.. new[] { AudioFormat.Flac, AudioFormat.Mp3, AudioFormat.Ogg }.Select(AudioEncoding.FileNameOf)];

    private readonly DiskAccess _disk = new(logger);
    private readonly SemaphoreSlim _encoders = new(options.Value.Encoders);
    private readonly ConcurrentDictionary<string, Lazy<Task<Error?>>> _encoding = new(StringComparer.Ordinal);

    public async Task SaveAsync(GenerationId id, AudioClip clip, CancellationToken ct)
    {
        CreateFolder(FolderOf(id));
        // The 16-bit file last: where it is, everything is.
        await WriteAsync(PathOf(id, AudioFormat.WavFloat), clip, WavEncoding.Float32, ct);
        await WriteAsync(PathOf(id, AudioFormat.Wav), clip, WavEncoding.Pcm16, ct);
    }

    public async Task<Result<AudioFile>> OpenAsync(GenerationId id, AudioFormat format, CancellationToken ct)
    {
        var path = PathOf(id, format);
        var exists = await _disk.ReadAsync<bool>(() => IsThere(id) ? File.Exists(path) : Missing(), ct);
        if (!exists.IsSuccess)
            return exists.Error;
        if (!exists.Value && await EncodedAsync(id, format, path, ct) is { } refusal)
            return refusal;
        return await _disk.ReadAsync<AudioFile>(() => Open(path, format), ct);
    }

    public async Task<string> SaveCopyAsync(GenerationId id, AudioFormat format, Stream content, CancellationToken ct)
    {
        CreateFolder(FolderOf(id));
        var path = PathOf(id, format);
        var temporary = TemporaryOf(path);
        try
        {
            await using (var stream = CreateFile(temporary))
            {
                await content.CopyToAsync(stream, ct);
                stream.Flush(flushToDisk: true);
            }

            return await PutInPlaceAsync(temporary, path, ct);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    public Task<AudioClip?> LoadAsync(GenerationId id, CancellationToken ct)
    {
        try
        {
            using var file = File.OpenRead(PathOf(id, AudioFormat.WavFloat));
            return Task.FromResult<AudioClip?>(WavFile.Read(file));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return Task.FromResult<AudioClip?>(null);
        }
    }

    public Task<Result<float[][]>> GetPeaksAsync(GenerationId id, int points, CancellationToken ct) =>
        _disk.ReadAsync<float[][]>(() => IsThere(id) ? WavPeaks.Read(PathOf(id, AudioFormat.Wav), points) : Missing(), ct);

    public Task<RemovedAudio> DeleteAsync(GenerationId id, CancellationToken ct)
    {
        var folder = new DirectoryInfo(FolderOf(id));
        try
        {
            var files = folder.GetFiles().Where(f => !IsHash(f.Name) && !IsHalf(f.Name)).ToList();
            var removed = new RemovedAudio(files.Count, files.Sum(f => f.Length));
            folder.Delete(recursive: true);
            return Task.FromResult(removed);
        }
        catch (Exception e) when (e is DirectoryNotFoundException or FileNotFoundException)
        {
            return Task.FromResult(default(RemovedAudio)); // there never was any audio, or it is gone already
        }
    }

    public Task<int> DeleteCopiesAsync(DateTimeOffset before, CancellationToken ct)
    {
        var root = new DirectoryInfo(options.Value.Path);
        if (!root.Exists)
            return Task.FromResult(0);

        // The hash goes last: without its file it is no more than a name.
        var old = root.EnumerateFiles("*", SearchOption.AllDirectories)
            .Where(f => f.LastWriteTimeUtc < before.UtcDateTime && (IsHalf(f.Name) || CopyNames.Contains(f.Name)))
            .ToList();
        foreach (var file in old)
        {
            ct.ThrowIfCancellationRequested();
            file.Delete();
            if (!IsHalf(file.Name))
                File.Delete(HashPathOf(file.FullName));
        }

        return Task.FromResult(old.Count);
    }

    public void Dispose()
    {
        _encoders.Dispose();
        _disk.Dispose();
    }

    private static Result<AudioFile> Open(string path, AudioFormat format)
    {
        try
        {
            var tag = File.ReadAllText(HashPathOf(path));
            var content = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 64 * 1024, useAsync: true);
            return new AudioFile(content, AudioEncoding.ContentTypeOf(format), AudioEncoding.ExtensionOf(format), $"\"{tag}\"");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return GenerationErrors.NotFound; // deleted in this moment
        }
    }

    private bool IsThere(GenerationId id) => File.Exists(PathOf(id, AudioFormat.Wav));

    // A folder of all audio that isn't there is a disk that isn't mounted, not a task without sound.
    private Error Missing() => Directory.Exists(options.Value.Path) ? GenerationErrors.NotCompleted : GenerationErrors.AudioUnreadable;

    // A long song is encoded for as long as it takes; whoever asks again finds it done.
    private async Task<Error?> EncodedAsync(GenerationId id, AudioFormat format, string path, CancellationToken ct)
    {
        if (format is AudioFormat.Wav or AudioFormat.WavFloat)
            return GenerationErrors.NotFound; // no encoder makes those; it is being deleted, or lost
        try
        {
            return await EncodeOnceAsync(id, format, path).WaitAsync(PatienceForEncoder, TimeProvider.System, ct);
        }
        catch (TimeoutException)
        {
            return GenerationErrors.StillEncoding(RetryWhenBusy);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            DiskLog.Unreadable(logger, e);
            return GenerationErrors.AudioUnreadable;
        }
    }

    // Whoever asks for the same file meanwhile waits for the same encoder; leaving doesn't stop it for the others.
    private async Task<Error?> EncodeOnceAsync(GenerationId id, AudioFormat format, string path)
    {
        var encoding = _encoding.GetOrAdd(path, p => new Lazy<Task<Error?>>(() => EncodeAsync(id, format, p)));
        try
        {
            return await encoding.Value;
        }
        finally
        {
            _encoding.TryRemove(KeyValuePair.Create(path, encoding));
        }
    }

    private async Task<Error?> EncodeAsync(GenerationId id, AudioFormat format, string path)
    {
        if (!await _encoders.WaitAsync(TimeSpan.Zero))
            return GenerationErrors.EncodersBusy(RetryWhenBusy);
        var temporary = TemporaryOf(path);
        try
        {
            // FLAC is the 16-bit file without loss; the lossy ones start from all there is.
            var source = PathOf(id, format == AudioFormat.Flac ? AudioFormat.Wav : AudioFormat.WavFloat);
            CreateFile(temporary).Dispose();
            if (!await AudioEncoding.RunAsync(source, temporary, format, logger))
                return GenerationErrors.FormatUnavailable;
            await PutInPlaceAsync(temporary, path, CancellationToken.None);
            return null;
        }
        catch (DirectoryNotFoundException)
        {
            return GenerationErrors.NotFound; // deleted in this moment
        }
        finally
        {
            _encoders.Release();
            if (Directory.Exists(FolderOf(id)))
                File.Delete(temporary);
        }
    }

    private static async Task WriteAsync(string path, AudioClip clip, WavEncoding encoding, CancellationToken ct)
    {
        var temporary = TemporaryOf(path);
        try
        {
            await using (var stream = CreateFile(temporary))
            {
                WavWriter.Write(stream, clip.Samples, clip.SampleRate, clip.Channels, encoding);
                stream.Flush(flushToDisk: true);
            }

            await PutInPlaceAsync(temporary, path, ct);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private static async Task<string> PutInPlaceAsync(string temporary, string path, CancellationToken ct)
    {
        var beside = TemporaryOf(path);
        string hash;
        await using (var content = File.OpenRead(temporary))
            hash = Convert.ToHexStringLower(await SHA256.HashDataAsync(content, ct));
        await using (var stream = CreateFile(beside))
            await stream.WriteAsync(Encoding.ASCII.GetBytes(hash), ct);
        File.Move(beside, HashPathOf(path), overwrite: true);
        File.Move(temporary, path, overwrite: true);
        return hash;
    }

    private static FileStream CreateFile(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new FileStream(path, options);
    }

    private static void CreateFolder(string path)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    // By the id's last two digits, which are random; its first ones are the time.
    private string FolderOf(GenerationId id)
    {
        var name = id.ToString();
        return Path.Combine(options.Value.Path, name[^2..], name);
    }

    private string PathOf(GenerationId id, AudioFormat format) => Path.Combine(FolderOf(id), AudioEncoding.FileNameOf(format));

    private static string HashPathOf(string path) => path + HashEnding;

    private static string TemporaryOf(string path) => $"{path}.{Guid.CreateVersion7():N}{HalfEnding}";

    private static bool IsHash(string name) => name.EndsWith(HashEnding, StringComparison.Ordinal);

    private static bool IsHalf(string name) => name.EndsWith(HalfEnding, StringComparison.Ordinal);
}
