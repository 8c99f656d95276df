namespace MusicGen.Infrastructure;

/// <summary>
/// The only place that makes a handler for outgoing HTTP. Whoever calls says whom it may reach (docs/connections.md lists
/// them); a redirect, or an address that an answer brings, leads nowhere else.
/// </summary>
public static class OutgoingHttp
{
    /// <summary>In characters: signed addresses of content networks have about 2,000; servers take 8,000 and more.</summary>
    public const int LongestAddress = 8000;

    /// <summary>All headers of a request together, in characters: half of what servers take.</summary>
    public const int LongestHeaders = 8000;

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(15);

    /// <summary>Calls one origin and what is said of others; follows no redirect.</summary>
    /// <param name="origin">An address whose scheme, host and port are called.</param>
    /// <param name="isAllowed">Whether an address elsewhere may be called too; null for none.</param>
    public static HttpMessageHandler To(Uri origin, Func<Uri, bool>? isAllowed = null) => new Guard(origin, isAllowed)
    {
        InnerHandler = new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, ConnectTimeout = ConnectTimeout },
    };

    private sealed class Guard(Uri origin, Func<Uri, bool>? isAllowed) : DelegatingHandler
    {
        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Check(request);
            return base.Send(request, cancellationToken);
        }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Check(request);
            return base.SendAsync(request, cancellationToken);
        }

        private void Check(HttpRequestMessage request)
        {
            var address = request.RequestUri ?? throw new HttpRequestException("The request has no address.");
            if (!IsOrigin(address) && isAllowed?.Invoke(address) != true)
                throw new HttpRequestException($"{address.GetLeftPart(UriPartial.Authority)} is none of the addresses that may be called.");
            if (address.OriginalString.Length > LongestAddress || request.Headers.Sum(h => h.Key.Length + h.Value.Sum(v => v.Length)) > LongestHeaders)
                throw new HttpRequestException("The address or the headers are too long to be sent.");
        }

        private bool IsOrigin(Uri address) =>
            address.Scheme == origin.Scheme && address.IdnHost == origin.IdnHost && address.Port == origin.Port;
    }
}
