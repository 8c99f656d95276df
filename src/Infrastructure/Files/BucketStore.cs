using System.Net;
using System.Runtime.CompilerServices;
using Amazon.S3.Model;
using Microsoft.Extensions.Options;
using MusicGen.Infrastructure.Generations;

namespace MusicGen.Infrastructure.Files;

/// <summary>
/// A bucket of an S3-compatible server. Files are made on this machine and sent when they are whole: an object appears with
/// its last byte, and carries its hash. Nothing on a request's way lists more than one task's files.
/// </summary>
internal sealed class BucketStore(Bucket bucket, BucketUploads uploads, IOptions<AudioStoreOptions> options, TimeProvider time) : IFileStore
{
    public const string HashEntry = "sha256";

    private const string Probe = ".probe";
    private const int Tries = 3;
    private const int Rounds = 5;

    private static readonly TimeSpan PatienceForAnswer = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PauseAfterTry = TimeSpan.FromMilliseconds(200);

    /// <summary>No file is in the making for as long.</summary>
    private static readonly TimeSpan HalvesAreDead = TimeSpan.FromDays(1);

    private static readonly byte[] Something = new byte[16];

    private bool _isCleared;

    /// <summary>Of music that goes on for ten minutes, 200 MB.</summary>
    public TimeSpan PatienceForWhole { get; } = TimeSpan.FromSeconds(30);

    public string PlaceOf(string name) => $"s3://{bucket.Name}/{bucket.KeyOf(name)}";

    public async Task<bool> IsThereAsync(CancellationToken ct)
    {
        try
        {
            await bucket.CallAsync(PatienceForAnswer, (s3, stop) => s3.HeadBucketAsync(new HeadBucketRequest { BucketName = bucket.Name }, stop), ct);
            return true;
        }
        catch (FileStoreException e) when (e.IsMissing)
        {
            return false;
        }
    }

    public Task ProbeAsync(CancellationToken ct) => uploads.PutAsync(Probe, new MemoryStream(Something), string.Empty, ct);

    public async Task<StoredFile?> OpenAsync(string name, CancellationToken ct)
    {
        try
        {
            var head = await bucket.CallAsync(PatienceForAnswer, (s3, stop) => s3.GetObjectMetadataAsync(bucket.Name, bucket.KeyOf(name), stop), ct);
            var content = new BucketStream(head.ContentLength, (from, block, stop) => ReadAsync(name, head.ETag, from, block, stop));
            return new StoredFile(content, head.Metadata[HashEntry]);
        }
        catch (FileStoreException e) when (e.IsMissing)
        {
            return null;
        }
    }

    public async Task<LocalFile?> FetchAsync(string name, CancellationToken ct)
    {
        if (await OpenAsync(name, ct) is not { } file)
            return null;
        var copy = Draft(name);
        try
        {
            await using var content = file.Content;
            var sha256 = string.Empty;
            await copy.WriteAsync(async to => (_, sha256) = await HashedCopy.CopyAsync(content, to, ct));
            return sha256 == file.Sha256 ? copy : throw new FileStoreException($"{PlaceOf(name)} isn't as it was written.");
        }
        catch
        {
            copy.Dispose();
            throw;
        }
    }

    public LocalFile Draft(string name)
    {
        // Retention runs on one node a day; what lies here is this node's alone.
        if (!_isCleared)
            ClearHalves(time.GetUtcNow() - HalvesAreDead);
        _isCleared = true;
        return LocalFile.Create(Path.Combine(options.Value.Path, Path.GetFileName(name)));
    }

    public async Task<WrittenFile> PutAsync(LocalFile draft, string name, CancellationToken ct)
    {
        await using var content = new FileStream(draft.Path, FileMode.Open, FileAccess.Read, FileShare.Read, 64 * 1024, useAsync: true);
        var (bytes, sha256) = await HashedCopy.CopyAsync(content, Stream.Null, ct);
        content.Position = 0;
        await uploads.PutAsync(name, content, sha256, ct);
        return new WrittenFile(bytes, sha256);
    }

    public async IAsyncEnumerable<ListedFile> ListAsync(string folder, [EnumeratorCancellation] CancellationToken ct)
    {
        var request = new ListObjectsV2Request { BucketName = bucket.Name, Prefix = bucket.KeyOf(folder.Length == 0 ? folder : folder + "/") };
        do
        {
            var page = await bucket.CallAsync(PatienceForAnswer, (s3, stop) => s3.ListObjectsV2Async(request, stop), ct);
            foreach (var file in page.S3Objects ?? [])
            {
                var name = bucket.NameOf(file.Key);
                if (name != Probe)
                    yield return new ListedFile(name, file.Size ?? 0, new DateTimeOffset((file.LastModified ?? default).ToUniversalTime(), TimeSpan.Zero));
            }

            request.ContinuationToken = page.IsTruncated == true ? page.NextContinuationToken : null;
        }
        while (request.ContinuationToken is not null);
    }

    public Task DeleteAsync(string name, CancellationToken ct) =>
        bucket.CallAsync(PatienceForAnswer, (s3, stop) => s3.DeleteObjectAsync(bucket.Name, bucket.KeyOf(name), stop), ct);

    // Until nothing is listed: an encoder may bring a copy while the others go.
    public async Task<IReadOnlyList<ListedFile>> DeleteFolderAsync(string folder, CancellationToken ct)
    {
        var gone = new List<ListedFile>();
        for (var round = 0; round < Rounds; round++)
        {
            var found = await ListAsync(folder, ct).ToListAsync(ct);
            if (found.Count == 0)
                break;
            foreach (var file in found)
                await DeleteAsync(file.Name, ct);
            gone.AddRange(found);
        }

        return [.. gone.DistinctBy(f => f.Name)];
    }

    public async Task<int> DeleteHalvesAsync(DateTimeOffset before, CancellationToken ct) =>
        ClearHalves(before) + await uploads.AbortOlderAsync(before, ct);

    private int ClearHalves(DateTimeOffset before)
    {
        var old = new DirectoryInfo(options.Value.Path).EnumerateFiles()
            .Where(f => LocalFile.IsHalf(f.Name) && f.LastWriteTimeUtc < before.UtcDateTime).ToList();
        old.ForEach(f => f.Delete());
        return old.Count;
    }

    // The client tries again until an answer begins; what breaks off or stalls later is ours. Another object under the name since it was
    // opened would be half of each.
    private async Task ReadAsync(string name, string tag, long from, Memory<byte> block, CancellationToken ct)
    {
        var request = new GetObjectRequest { BucketName = bucket.Name, Key = bucket.KeyOf(name), ByteRange = new ByteRange(from, from + block.Length - 1) };
        for (var attempt = 1; ; attempt++)
        {
            var hasBegun = false;
            try
            {
                await bucket.CallAsync(PatienceForAnswer, async (s3, stop) =>
                {
                    using var answer = await s3.GetObjectAsync(request, stop);
                    hasBegun = true;
                    if (answer.HttpStatusCode != HttpStatusCode.PartialContent || answer.ETag != tag)
                        throw new FileStoreException($"{PlaceOf(name)} isn't what was opened.");
                    await answer.ResponseStream.ReadExactlyAsync(block, stop);
                    return true;
                }, ct);
                return;
            }
            catch (FileStoreException e) when (hasBegun && e.InnerException is IOException or OperationCanceledException && attempt < Tries)
            {
                await Task.Delay(attempt * PauseAfterTry, TimeProvider.System, ct);
            }
        }
    }
}
