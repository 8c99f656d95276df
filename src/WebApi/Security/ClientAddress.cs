using System.Net;

namespace MusicGen.WebApi.Security;

/// <summary>Where a request really came from, as far as trusted proxies vouch for it.</summary>
/// <param name="Address">The client's, or that of the last hop that can be believed.</param>
/// <param name="Scheme">http or https, as the browser used it.</param>
/// <param name="SchemeIsVouched">Whether a trusted proxy said so.</param>
/// <param name="HasUntrustedHeader">Whether a stranger sent a proxy's header: it is ignored, and such a request is never internal.</param>
internal sealed record ClientAddress(IPAddress Address, string Scheme, bool SchemeIsVouched, bool HasUntrustedHeader)
{
    /// <summary>What counters know it by.</summary>
    public string CountKey => IpNetworks.CountKey(Address);

    public static ClientAddress Of(HttpContext context) =>
        context.Features.Get<ClientAddress>() ?? throw new InvalidOperationException("ClientAddressMiddleware runs first.");

    /// <summary>
    /// Reads the chain from the right: each hop is believed only if the one that reported it is trusted. What stands
    /// further left was written by the client and proves nothing.
    /// </summary>
    public static ClientAddress Resolve(IPAddress? peer, string scheme, IHeaderDictionary headers, Edge edge)
    {
        var address = IpNetworks.Folded(peer ?? IPAddress.None);
        if (!edge.IsTrustedProxy(address))
            return new ClientAddress(address, scheme, SchemeIsVouched: false, ForwardedHeaders.AnyIn(headers));

        string? vouched = null;
        var hops = ForwardedHeaders.Read(edge.ForwardedHeader, headers);
        for (var i = hops.Count - 1; i >= 0 && edge.IsTrustedProxy(address); i--)
        {
            if (hops[i].Scheme?.ToLowerInvariant() is "http" or "https")
                vouched = hops[i].Scheme!.ToLowerInvariant();
            if (!IpNetworks.TryParseAddress(hops[i].Address, out var reported))
                break; // "unknown", an obfuscated name or nonsense: the chain ends at whoever wrote it
            address = reported;
        }

        return new ClientAddress(address, vouched ?? scheme, vouched is not null, HasUntrustedHeader: false);
    }
}

/// <summary>Finds the client before anything else asks for it, and refuses names under which this service isn't known.</summary>
internal sealed partial class ClientAddressMiddleware(RequestDelegate next, Edge edge, ILogger<ClientAddressMiddleware> logger)
{
    private int _warned;

    public async Task InvokeAsync(HttpContext context)
    {
        var client = ClientAddress.Resolve(context.Connection.RemoteIpAddress, context.Request.Scheme, context.Request.Headers, edge);
        context.Features.Set(client);
        context.Connection.RemoteIpAddress = client.Address;
        context.Request.Scheme = client.Scheme;
        if (client.HasUntrustedHeader && Interlocked.Exchange(ref _warned, 1) == 0)
            UntrustedProxy(logger, client.Address);

        if (HostRules.Refusal(context, client, edge) is { } advice)
            await Http.Problems.WriteAsync(context, StatusCodes.Status400BadRequest, Http.RequestErrors.Host(advice));
        else
            await next(context);
    }

    [LoggerMessage(7110, LogLevel.Warning, "{Peer} sent a proxy's header and isn't in TRUSTED_PROXIES, so the header is ignored. If it is your proxy, add it there. This is said once.")]
    private static partial void UntrustedProxy(ILogger logger, System.Net.IPAddress peer);
}
