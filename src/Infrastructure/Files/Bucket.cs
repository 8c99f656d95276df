using System.Net;
using Amazon.Runtime;
using Amazon.S3;
using Microsoft.Extensions.Options;

namespace MusicGen.Infrastructure.Files;

/// <summary>The bucket as the service is allowed to speak to it: one host, bounded times, and one kind of failure.</summary>
internal sealed class Bucket : IDisposable
{
    /// <summary>For a try of any request; a part of an upload is its longest.</summary>
    private static readonly TimeSpan PatienceForTry = TimeSpan.FromSeconds(60);

    private readonly S3Options _options;
    private readonly AmazonS3Client _client;

    public Bucket(IOptions<S3Options> options)
    {
        _options = options.Value;
        _client = new AmazonS3Client(new BasicAWSCredentials(_options.AccessKeyId, _options.SecretAccessKey), Configuration(_options));
    }

    public string Name => _options.Bucket;

    /// <summary>The name in the bucket of a file.</summary>
    public string KeyOf(string name) => _options.Prefix + name;

    /// <summary>The file of a name in the bucket.</summary>
    public string NameOf(string key) => key[_options.Prefix.Length..];

    /// <summary>Asks the server, which the client does three times at most.</summary>
    /// <param name="patience">For all tries together.</param>
    /// <param name="call">Gets a token that ends with it.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="FileStoreException">It says no, or nothing.</exception>
    public async Task<T> CallAsync<T>(TimeSpan patience, Func<IAmazonS3, CancellationToken, Task<T>> call, CancellationToken ct)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        stop.CancelAfter(patience);
        try
        {
            return await call(_client, stop.Token);
        }
        catch (AmazonServiceException e) when (!ct.IsCancellationRequested)
        {
            throw new FileStoreException($"The bucket {Name} says {(int)e.StatusCode} {e.ErrorCode}.", e)
            {
                IsMissing = e.StatusCode == HttpStatusCode.NotFound && e.ErrorCode != "NoSuchBucket",
            };
        }
        catch (Exception e) when (!ct.IsCancellationRequested && e is OperationCanceledException or AmazonClientException or HttpRequestException or IOException and not FileStoreException)
        {
            throw new FileStoreException($"The bucket {Name} doesn't answer.", e);
        }
    }

    public void Dispose() => _client.Dispose();

    private static AmazonS3Config Configuration(S3Options options) => new()
    {
        ServiceURL = options.Endpoint,
        AuthenticationRegion = options.Region,
        ForcePathStyle = options.ForcePathStyle,
        RetryMode = RequestRetryMode.Standard,
        MaxErrorRetry = 2,
        MaxStaleConnectionRetries = 0, // counted beside the others, up to ten
        // Every body goes with its SHA-256 in the signature, which each server checks; checksums beside it aren't known to all.
        RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
        ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        DisableS3ExpressSessionAuth = true,
        IgnoreConfiguredEndpointUrls = true,
        HttpClientFactory = new Clients(new Uri(options.Endpoint), options),
    };

    private sealed class Clients(Uri endpoint, S3Options options) : HttpClientFactory
    {
        private readonly string _virtualHost = $"{options.Bucket}.{endpoint.IdnHost}";

        public override HttpClient CreateHttpClient(IClientConfig clientConfig) =>
            new(OutgoingHttp.To(endpoint, IsVirtualHost)) { Timeout = PatienceForTry };

        private bool IsVirtualHost(Uri address) =>
            !options.ForcePathStyle && address.Scheme == endpoint.Scheme && address.Port == endpoint.Port && address.IdnHost == _virtualHost;
    }
}
