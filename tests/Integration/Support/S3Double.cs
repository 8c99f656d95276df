using System.Collections.Concurrent;
using System.Globalization;
using System.Security;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace MusicGen.Integration.Support;

/// <summary>What befalls a request at <see cref="S3Double"/>.</summary>
public enum S3Fault
{
    /// <summary>No answer, ever.</summary>
    Hang,

    /// <summary>503 SlowDown.</summary>
    Unavailable,

    /// <summary>The connection ends with half of the body there, whichever way it goes.</summary>
    Cut,

    /// <summary>Another object lies under the name.</summary>
    OtherObject,

    /// <summary>Half of the body comes, and then nothing.</summary>
    Stall,

    /// <summary>It is done, but the connection ends before the answer.</summary>
    AnswerLost,
}

/// <summary>
/// As much of S3 as the product speaks, in this process: it checks every signature with its body, lists two names a page, and
/// does what a fault says.
/// </summary>
public sealed class S3Double : IAsyncDisposable
{
    public const string BucketName = "musicgen-audio";
    public const string KeyId = "a-key-of-the-tests";
    public const string Secret = "its/secret+kT9vQ2xW7mZ4pL8sR1";

    private const int PageSize = 2;

    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, ConcurrentDictionary<int, byte[]>> _parts = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _closing = new();

    private S3Double(WebApplication app) => _app = app;

    public Uri Address => new(_app.Urls.Single());

    public ConcurrentDictionary<string, StoredObject> Objects { get; } = new(StringComparer.Ordinal);

    /// <summary>Uploads in parts that have neither been completed nor aborted, with their keys.</summary>
    public ConcurrentDictionary<string, StoredObject> Uploads { get; } = new(StringComparer.Ordinal);

    /// <summary>Every request: method, key with query, range.</summary>
    public ConcurrentQueue<string> Requests { get; } = [];

    /// <summary>Each has carried a request.</summary>
    public ConcurrentDictionary<string, bool> Connections { get; } = new(StringComparer.Ordinal);

    public bool HasBucket { get; set; } = true;

    /// <summary>Asked for every request, with what <see cref="Requests"/> has of it.</summary>
    public Func<string, S3Fault?> Fault { get; set; } = _ => null;

    public static async Task<S3Double> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(k => k.Limits.MaxRequestBodySize = null).UseUrls("http://127.0.0.1:0");
        builder.Services.AddRoutingCore();
        var app = builder.Build();
        var server = new S3Double(app);
        app.Run(server.AnswerAsync);
        await app.StartAsync();
        return server;
    }

    /// <summary>As variables of a server.</summary>
    public (string Name, string Value)[] Variables() =>
    [
        ("AUDIO_STORE", "s3"), ("S3_ENDPOINT", Address.GetLeftPart(UriPartial.Authority)), ("S3_BUCKET", BucketName), ("S3_PREFIX", "songs/"),
        ("S3_ACCESS_KEY_ID", KeyId), ("S3_SECRET_ACCESS_KEY", Secret),
    ];

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _app.DisposeAsync();
        _closing.Dispose();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var request = context.Request;
        var key = Uri.UnescapeDataString(request.Path.Value!.TrimStart('/')[BucketName.Length..].TrimStart('/'));
        var line = $"{request.Method} {key}{request.QueryString} {request.Headers.Range}".Trim();
        Requests.Enqueue(line);
        Connections[context.Connection.Id] = true;
        var fault = Fault(line);
        if (fault == S3Fault.Hang)
            await HangAsync(context);
        if (fault is S3Fault.Hang || (fault == S3Fault.Cut && request.Method is "PUT" or "POST" or "DELETE" or "HEAD"))
        {
            _ = await request.Body.ReadAtLeastAsync(new byte[1024], 1, throwOnEndOfStream: false);
            context.Abort();
            return;
        }

        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body);
        if (fault == S3Fault.AnswerLost)
            context.Response.Body = Stream.Null;
        if (fault == S3Fault.Unavailable)
            await RefuseAsync(context, 503, "SlowDown");
        else if (!S3Signature.Verify(request, body.ToArray(), KeyId, Secret))
            await RefuseAsync(context, 403, "SignatureDoesNotMatch");
        else if (!HasBucket)
            await RefuseAsync(context, 404, "NoSuchBucket");
        else if (key.Length == 0)
            await ListAsync(context);
        else if (request.Query.ContainsKey("uploadId") || request.Query.ContainsKey("uploads"))
            await UploadAsync(context, key, body.ToArray());
        else
            await ObjectAsync(context, key, body.ToArray(), fault);
        if (fault == S3Fault.AnswerLost)
            context.Abort();
    }

    private async Task ObjectAsync(HttpContext context, string key, byte[] body, S3Fault? fault)
    {
        switch (context.Request.Method)
        {
            case "PUT":
                Objects[key] = new StoredObject(body, Metadata(context.Request), DateTimeOffset.UtcNow);
                context.Response.Headers.ETag = Objects[key].ETag;
                return;
            case "DELETE":
                Objects.TryRemove(key, out _);
                context.Response.StatusCode = 204;
                return;
        }

        if (!Objects.TryGetValue(key, out var found))
        {
            await RefuseAsync(context, 404, "NoSuchKey");
            return;
        }

        var (from, to) = RangeOf(context, found.Content.Length);
        context.Response.Headers.ETag = fault == S3Fault.OtherObject ? "\"another\"" : found.ETag;
        context.Response.Headers.LastModified = found.At.ToString("R", CultureInfo.InvariantCulture);
        context.Response.Headers["x-amz-meta-sha256"] = found.Sha256;
        context.Response.ContentLength = to - from;
        if (context.Request.Method == "HEAD")
            return;
        await context.Response.Body.WriteAsync(found.Content.AsMemory(from, fault is S3Fault.Cut or S3Fault.Stall ? (to - from) / 2 : to - from)); // less than promised ends the connection
        if (fault != S3Fault.Stall)
            return;
        await context.Response.Body.FlushAsync();
        await HangAsync(context);
    }

    private async Task HangAsync(HttpContext context)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _closing.Token);
        await Task.Delay(Timeout.InfiniteTimeSpan, end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static (int From, int To) RangeOf(HttpContext context, int length)
    {
        if (context.Request.GetTypedHeaders().Range?.Ranges.Single() is not { } range)
            return (0, length);
        var to = (int)Math.Min(range.To ?? (length - 1), length - 1);
        context.Response.StatusCode = 206;
        context.Response.Headers.ContentRange = $"bytes {range.From}-{to}/{length}";
        return ((int)range.From!, to + 1);
    }

    private async Task UploadAsync(HttpContext context, string key, byte[] body)
    {
        var request = context.Request;
        var id = $"{request.Query["uploadId"]}";
        if (id.Length > 0 && !Uploads.ContainsKey(id))
        {
            await RefuseAsync(context, 404, "NoSuchUpload");
            return;
        }

        switch (request.Method)
        {
            case "POST" when id.Length == 0:
                id = $"{Guid.NewGuid():N}";
                (Uploads[id], _parts[id]) = (new StoredObject([], Metadata(request), DateTimeOffset.UtcNow) { Key = key }, []);
                await XmlAsync(context, $"<InitiateMultipartUploadResult><Bucket>{BucketName}</Bucket><Key>{key}</Key><UploadId>{id}</UploadId></InitiateMultipartUploadResult>");
                break;
            case "POST":
                Objects[key] = Uploads[id] with { Content = [.. _parts[id].OrderBy(p => p.Key).SelectMany(p => p.Value)] };
                Uploads.TryRemove(id, out _);
                await XmlAsync(context, $"<CompleteMultipartUploadResult><Key>{key}</Key><ETag>{SecurityElement.Escape(Objects[key].ETag)}</ETag></CompleteMultipartUploadResult>");
                break;
            case "PUT":
                _parts[id][int.Parse(request.Query["partNumber"]!, CultureInfo.InvariantCulture)] = body;
                context.Response.Headers.ETag = $"\"{Convert.ToHexStringLower(SHA256.HashData(body))[..32]}\"";
                break;
            default:
                Uploads.TryRemove(id, out _);
                context.Response.StatusCode = 204;
                break;
        }
    }

    private Task ListAsync(HttpContext context)
    {
        var query = context.Request.Query;
        if (context.Request.Method == "HEAD")
            return Task.CompletedTask;
        if (query.ContainsKey("uploads"))
        {
            return XmlAsync(context, $"<ListMultipartUploadsResult>{string.Concat(Uploads.Where(u => u.Value.Key.StartsWith(query["prefix"]!, StringComparison.Ordinal)).Select(u =>
                $"<Upload><Key>{u.Value.Key}</Key><UploadId>{u.Key}</UploadId><Initiated>{u.Value.At:yyyy-MM-ddTHH:mm:ss.fffZ}</Initiated></Upload>"))}<IsTruncated>false</IsTruncated></ListMultipartUploadsResult>");
        }

        var all = Objects.Where(o => o.Key.StartsWith(query["prefix"]!, StringComparison.Ordinal) && string.CompareOrdinal(o.Key, query["continuation-token"]) > 0)
            .OrderBy(o => o.Key, StringComparer.Ordinal).ToList();
        var page = all.Take(PageSize).ToList();
        var next = all.Count > PageSize ? $"<NextContinuationToken>{page[^1].Key}</NextContinuationToken>" : string.Empty;
        return XmlAsync(context, $"<ListBucketResult><Name>{BucketName}</Name><IsTruncated>{(next.Length > 0 ? "true" : "false")}</IsTruncated>{next}{string.Concat(page.Select(o =>
            $"<Contents><Key>{o.Key}</Key><Size>{o.Value.Content.Length}</Size><LastModified>{o.Value.At:yyyy-MM-ddTHH:mm:ss.fffZ}</LastModified></Contents>"))}</ListBucketResult>");
    }

    private static string Metadata(HttpRequest request) => $"{request.Headers["x-amz-meta-sha256"]}";

    private static Task RefuseAsync(HttpContext context, int status, string code)
    {
        context.Response.StatusCode = status;
        return context.Request.Method == "HEAD" ? Task.CompletedTask : XmlAsync(context, $"<Error><Code>{code}</Code><Message>No.</Message></Error>");
    }

    private static Task XmlAsync(HttpContext context, string xml)
    {
        context.Response.ContentType = "application/xml";
        return context.Response.WriteAsync("<?xml version=\"1.0\" encoding=\"UTF-8\"?>" + xml);
    }
}

/// <param name="Content">Its bytes.</param>
/// <param name="Sha256">As its metadata say.</param>
/// <param name="At">When it was written.</param>
public sealed record StoredObject(byte[] Content, string Sha256, DateTimeOffset At)
{
    public string Key { get; init; } = string.Empty;

    public string ETag => $"\"{Convert.ToHexStringLower(SHA256.HashData(Content))[..32]}\"";
}
