using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MusicGen.Application.Generations;
using MusicGen.Domain;
using MusicGen.Domain.Generations;
using MusicGen.Infrastructure.Files;
using MusicGen.Infrastructure.Inference.Audio;

namespace MusicGen.Infrastructure.Generations;

/// <summary>
/// A folder of the store for each task. Both WAV files are written when the task ends, other formats when they are first
/// asked for. The hash of a file is its ETag.
/// </summary>
internal sealed class AudioStore(IFileStore files, StoreAccess access, IOptions<AudioStoreOptions> options, ILogger<AudioStore> logger) : IAudioStore, IDisposable
{
    private static readonly TimeSpan RetryWhenBusy = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan PatienceForEncoder = TimeSpan.FromSeconds(20);

    /// <summary>Files that ffmpeg makes again when they are asked for.</summary>
    private static readonly HashSet<string> CopyNames =
        [.. new[] { AudioFormat.Flac, AudioFormat.Mp3, AudioFormat.Ogg }.Select(AudioEncoding.FileNameOf)];

    private readonly SemaphoreSlim _encoders = new(options.Value.Encoders);
    private readonly ConcurrentDictionary<string, Lazy<Task<Error?>>> _encoding = new(StringComparer.Ordinal);

    public async Task SaveAsync(GenerationId id, AudioClip clip, CancellationToken ct)
    {
        // The 16-bit file last: where it is, everything is.
        await WriteAsync(NameOf(id, AudioFormat.WavFloat), clip, WavEncoding.Float32, ct);
        await WriteAsync(NameOf(id, AudioFormat.Wav), clip, WavEncoding.Pcm16, ct);
    }

    public async Task<Result<AudioFile>> OpenAsync(GenerationId id, AudioFormat format, CancellationToken ct)
    {
        var opened = await ReadAsync(id, format, ct);
        if (opened.IsSuccess || opened.Error != GenerationErrors.NotFound)
            return opened;
        return await EncodedAsync(id, format, ct) is { } refusal ? refusal : await ReadAsync(id, format, ct);
    }

    public async Task<string> SaveCopyAsync(GenerationId id, AudioFormat format, Stream content, CancellationToken ct) =>
        (await files.WriteAsync(NameOf(id, format), to => content.CopyToAsync(to, ct), ct)).Sha256;

    public async Task<AudioClip?> LoadAsync(GenerationId id, CancellationToken ct)
    {
        using var file = await files.FetchAsync(NameOf(id, AudioFormat.WavFloat), ct);
        if (file is null)
            return null;
        await using var content = File.OpenRead(file.Path);
        return WavFile.Read(content);
    }

    public Task<Result<float[][]>> GetPeaksAsync(GenerationId id, int points, CancellationToken ct) => access.ReadAsync<float[][]>(
        async left =>
        {
            if (await files.OpenAsync(NameOf(id, AudioFormat.Wav), left) is not { } file)
                return await MissingAsync(left);
            await using var content = file.Content;
            return await WavPeaks.ReadAsync(content, points, left);
        },
        ct,
        files.PatienceForWhole);

    public async Task<RemovedAudio> DeleteAsync(GenerationId id, CancellationToken ct)
    {
        var removed = await files.DeleteFolderAsync(FolderOf(id), ct);
        return new RemovedAudio(removed.Count, removed.Sum(f => f.Bytes));
    }

    public Task<ClearedAudio> ClearAsync(
        DateTimeOffset copiesBefore, DateTimeOffset leftBefore, Func<IReadOnlyCollection<GenerationId>, Task<IReadOnlySet<GenerationId>>> living, CancellationToken ct) =>
        new AudioClearing(files, name => CopyNames.Contains(Path.GetFileName(name)), copiesBefore, leftBefore, living).RunAsync(ct);

    public void Dispose() => _encoders.Dispose();

    // Not found: there is sound, but none in that format.
    private Task<Result<AudioFile>> ReadAsync(GenerationId id, AudioFormat format, CancellationToken ct) => access.ReadAsync<AudioFile>(
        async left =>
        {
            if (await files.OpenAsync(NameOf(id, format), left) is { } file)
            {
                if (file.Sha256 is { } hash)
                    return new AudioFile(file.Content, AudioEncoding.ContentTypeOf(format), AudioEncoding.ExtensionOf(format), $"\"{hash}\"");
                await file.Content.DisposeAsync(); // it is being deleted
                return GenerationErrors.NotFound;
            }

            return format != AudioFormat.Wav && await IsThereAsync(id, left) ? GenerationErrors.NotFound : await MissingAsync(left);
        },
        ct);

    private Task<bool> IsThereAsync(GenerationId id, CancellationToken ct) => files.ExistsAsync(NameOf(id, AudioFormat.Wav), ct);

    // A store that isn't there is a disk that isn't mounted or a bucket that is gone, not a task without sound.
    private async Task<Error> MissingAsync(CancellationToken ct) =>
        await files.IsThereAsync(ct) ? GenerationErrors.NotCompleted : GenerationErrors.AudioUnreadable;

    // A long song is encoded for as long as it takes; whoever asks again finds it done.
    private async Task<Error?> EncodedAsync(GenerationId id, AudioFormat format, CancellationToken ct)
    {
        if (format is AudioFormat.Wav or AudioFormat.WavFloat)
            return GenerationErrors.NotFound; // no encoder makes those; it is being deleted, or lost
        try
        {
            return await EncodeOnceAsync(id, format).WaitAsync(PatienceForEncoder, TimeProvider.System, ct);
        }
        catch (TimeoutException)
        {
            return GenerationErrors.StillEncoding(RetryWhenBusy);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            StoreLog.Unreadable(logger, e);
            return GenerationErrors.AudioUnreadable;
        }
    }

    // Whoever asks for the same file meanwhile waits for the same encoder; leaving doesn't stop it for the others. Two nodes
    // may both make it: the bytes are the same, and the later one takes the place of the first.
    private async Task<Error?> EncodeOnceAsync(GenerationId id, AudioFormat format)
    {
        var name = NameOf(id, format);
        var encoding = _encoding.GetOrAdd(name, n => new Lazy<Task<Error?>>(() => EncodeAsync(id, format, n)));
        try
        {
            return await encoding.Value;
        }
        finally
        {
            _encoding.TryRemove(KeyValuePair.Create(name, encoding));
        }
    }

    private async Task<Error?> EncodeAsync(GenerationId id, AudioFormat format, string name)
    {
        if (!await _encoders.WaitAsync(TimeSpan.Zero))
            return GenerationErrors.EncodersBusy(RetryWhenBusy);
        try
        {
            // FLAC is the 16-bit file without loss; the lossy ones start from all there is.
            using var source = await files.FetchAsync(NameOf(id, format == AudioFormat.Flac ? AudioFormat.Wav : AudioFormat.WavFloat), CancellationToken.None);
            if (source is null)
                return GenerationErrors.NotFound; // deleted in this moment
            using var draft = files.Draft(name);
            if (!await AudioEncoding.RunAsync(source.Path, draft.Path, format, logger))
                return GenerationErrors.FormatUnavailable;
            await files.PutAsync(draft, name, CancellationToken.None);
            if (await IsThereAsync(id, CancellationToken.None))
                return null;
            await files.DeleteFolderAsync(FolderOf(id), CancellationToken.None); // nobody deletes that task a second time
            return GenerationErrors.NotFound;
        }
        catch (Exception e) when (e is DirectoryNotFoundException or FileNotFoundException)
        {
            return GenerationErrors.NotFound; // deleted in this moment
        }
        finally
        {
            _encoders.Release();
        }
    }

    private Task<WrittenFile> WriteAsync(string name, AudioClip clip, WavEncoding encoding, CancellationToken ct) => files.WriteAsync(
        name,
        to =>
        {
            WavWriter.Write(to, clip.Samples, clip.SampleRate, clip.Channels, encoding);
            return Task.CompletedTask;
        },
        ct);

    private static string FolderOf(GenerationId id) => AudioClearing.FolderOf(id);

    private static string NameOf(GenerationId id, AudioFormat format) => $"{FolderOf(id)}/{AudioEncoding.FileNameOf(format)}";
}
