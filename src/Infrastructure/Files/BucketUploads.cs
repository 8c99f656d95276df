using System.Net;
using Amazon.S3;
using Amazon.S3.Model;
using Microsoft.Extensions.Logging;

namespace MusicGen.Infrastructure.Files;

/// <summary>Sends what is whole: by one request, or in parts where it is large. The object appears when the last one is there.</summary>
/// <param name="bucket">Where to.</param>
/// <param name="logger">Hears when unfinished uploads can't be listed.</param>
/// <param name="partBytes">Of a part; S3 has 5 MiB for its least, and files of up to two of them go by one request.</param>
internal sealed class BucketUploads(Bucket bucket, ILogger<BucketUploads> logger, int partBytes = BucketUploads.PartBytes)
{
    public const int PartBytes = 16 * 1024 * 1024;

    private const int MostParts = 10_000;

    /// <summary>For all tries of one request.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan PatienceForAnswer = TimeSpan.FromSeconds(10);

    /// <param name="name">Of the file.</param>
    /// <param name="content">Seekable, at its beginning.</param>
    /// <param name="sha256">Kept with the object.</param>
    /// <param name="ct">Cancels; nothing is left of the upload then.</param>
    public Task PutAsync(string name, Stream content, string sha256, CancellationToken ct) => content.Length <= 2L * partBytes
        ? bucket.CallAsync(Patience, (s3, stop) => s3.PutObjectAsync(Whole(name, content, sha256), stop), ct)
        : PutPartsAsync(name, content, sha256, ct);

    /// <summary>Ends uploads that nobody goes on with.</summary>
    /// <returns>How many.</returns>
    public async Task<int> AbortOlderAsync(DateTimeOffset before, CancellationToken ct)
    {
        var request = new ListMultipartUploadsRequest { BucketName = bucket.Name, Prefix = bucket.KeyOf(string.Empty) };
        var ended = 0;
        try
        {
            ListMultipartUploadsResponse page;
            do
            {
                page = await bucket.CallAsync(PatienceForAnswer, (s3, stop) => s3.ListMultipartUploadsAsync(request, stop), ct);
                foreach (var upload in (page.MultipartUploads ?? []).Where(u => u.Initiated?.ToUniversalTime() < before.UtcDateTime))
                {
                    if (await TryAbortAsync(upload.Key, upload.UploadId, ct))
                        ended++;
                }

                (request.KeyMarker, request.UploadIdMarker) = (page.NextKeyMarker, page.NextUploadIdMarker);
            }
            while (page.IsTruncated == true);
        }
        catch (FileStoreException e) when (e.InnerException is AmazonS3Exception { StatusCode: HttpStatusCode.NotImplemented or HttpStatusCode.MethodNotAllowed } refusal)
        {
            StoreLog.UploadsNotListed(logger, refusal.ErrorCode);
        }

        return ended;
    }

    private PutObjectRequest Whole(string name, Stream content, string sha256)
    {
        content.Position = 0;
        var request = new PutObjectRequest
        {
            BucketName = bucket.Name,
            Key = bucket.KeyOf(name),
            InputStream = content,
            AutoCloseStream = false,
            UseChunkEncoding = false,
            DisablePayloadSigning = false,
        };
        request.Metadata[BucketStore.HashEntry] = sha256;
        return request;
    }

    private async Task PutPartsAsync(string name, Stream content, string sha256, CancellationToken ct)
    {
        var key = bucket.KeyOf(name);
        var initiate = new InitiateMultipartUploadRequest { BucketName = bucket.Name, Key = key };
        initiate.Metadata[BucketStore.HashEntry] = sha256;
        var upload = (await bucket.CallAsync(Patience, (s3, stop) => s3.InitiateMultipartUploadAsync(initiate, stop), ct)).UploadId;
        try
        {
            var size = Math.Max(partBytes, (content.Length / MostParts) + 1);
            var complete = new CompleteMultipartUploadRequest { BucketName = bucket.Name, Key = key, UploadId = upload, PartETags = [] };
            for (var (number, from) = (1, 0L); from < content.Length; number++, from += size)
                complete.PartETags.Add(await PutPartAsync(key, upload, number, content, from, Math.Min(size, content.Length - from), ct));
            await CompleteAsync(complete, content.Length, sha256, ct);
        }
        catch
        {
            await AbortQuietlyAsync(key, upload);
            throw;
        }
    }

    private async Task CompleteAsync(CompleteMultipartUploadRequest complete, long bytes, string sha256, CancellationToken ct)
    {
        try
        {
            await bucket.CallAsync(Patience, (s3, stop) => s3.CompleteMultipartUploadAsync(complete, stop), ct);
        }
        catch (FileStoreException)
        {
            // What was lost may be the answer alone. Then the client's next try finds no upload, but there is the object.
            if (!await IsThereAsync(complete.Key, bytes, sha256, ct))
                throw;
        }
    }

    private async Task<bool> IsThereAsync(string key, long bytes, string sha256, CancellationToken ct)
    {
        try
        {
            var head = await bucket.CallAsync(PatienceForAnswer, (s3, stop) => s3.GetObjectMetadataAsync(bucket.Name, key, stop), ct);
            return head.ContentLength == bytes && head.Metadata[BucketStore.HashEntry] == sha256;
        }
        catch (FileStoreException)
        {
            return false;
        }
    }

    private async Task<PartETag> PutPartAsync(string key, string upload, int number, Stream content, long from, long bytes, CancellationToken ct)
    {
        content.Position = from;
        var part = new UploadPartRequest
        {
            BucketName = bucket.Name,
            Key = key,
            UploadId = upload,
            PartNumber = number,
            InputStream = content,
            PartSize = bytes,
            UseChunkEncoding = false,
            DisablePayloadSigning = false,
        };
        var answer = await bucket.CallAsync(Patience, (s3, stop) => s3.UploadPartAsync(part, stop), ct);
        return new PartETag(number, answer.ETag);
    }

    // False for one that ended meanwhile.
    private async Task<bool> TryAbortAsync(string key, string upload, CancellationToken ct)
    {
        try
        {
            await AbortAsync(key, upload, ct);
            return true;
        }
        catch (FileStoreException e) when (e.IsMissing)
        {
            return false;
        }
    }

    private async Task AbortQuietlyAsync(string key, string upload)
    {
        try
        {
            await AbortAsync(key, upload, CancellationToken.None);
        }
        catch (FileStoreException)
        {
            // The server is away: retention ends the upload when it is back.
        }
    }

    private Task<AbortMultipartUploadResponse> AbortAsync(string key, string upload, CancellationToken ct) => bucket.CallAsync(
        PatienceForAnswer,
        (s3, stop) => s3.AbortMultipartUploadAsync(new AbortMultipartUploadRequest { BucketName = bucket.Name, Key = key, UploadId = upload }, stop),
        ct);
}
