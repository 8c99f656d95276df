using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using MusicGen.WebApi.Security;

namespace MusicGen.Programs.Proxies;

/// <summary>Holds the server's own middleware against what is true of random requests.</summary>
internal sealed class ProxyJudge
{
    private static readonly string[] Speakers = ["X-Forwarded-For", "Forwarded", "X-Real-IP", "CF-Connecting-IP", "X-Client-IP", "X-Forwarded", "Forwarded-For", "True-Client-IP"];

    private readonly ClientAddressMiddleware _middleware;

    public ProxyJudge(EdgeOptions options)
    {
        var environment = new HostingEnvironment { EnvironmentName = Environments.Production };
        var edge = new Edge(Options.Create(options), environment);
        _middleware = new ClientAddressMiddleware(_ => Task.CompletedTask, edge, NullLogger<ClientAddressMiddleware>.Instance);
    }

    /// <summary>Sends so many random requests through each topology.</summary>
    /// <returns>What was wrong, in words.</returns>
    public static async Task<List<string>> FaultsAsync(int count, int seed)
    {
        var faults = new List<string>();
        var random = new Random(seed);
        var judges = ProxyTopology.All.Select(t => (Topology: t, Judge: new ProxyJudge(t.Options))).ToList();
        for (var i = 0; i < count; i++)
        {
            var (topology, judge) = judges[i % judges.Count];
            var request = topology.Draw(random);
            if (await judge.FaultAsync(request) is { } fault && faults.Count < 100)
                faults.Add($"request {i}, {topology.Name}: {fault}; {string.Join(" | ", request.Lines.Select(l => $"{l.Name}: {l.Value}"))}");
        }

        return faults;
    }

    /// <returns>Null where the service sees what is true.</returns>
    public async Task<string?> FaultAsync(ProxiedRequest request)
    {
        var context = new DefaultHttpContext();
        context.Connection.RemoteIpAddress = request.Peer;
        (context.Request.Scheme, context.Request.Host, context.Request.Path) = ("http", new HostString("localhost"), "/api/v1/models");
        foreach (var line in request.Lines)
            context.Request.Headers[line.Name] = StringValues.Concat(context.Request.Headers[line.Name], line.Value); // Append would drop empty ones; Kestrel doesn't
        await _middleware.InvokeAsync(context);
        return Compare(request, context);
    }

    /// <summary>What a request became, against what it is.</summary>
    public static string? Compare(ProxiedRequest request, HttpContext context)
    {
        var truth = request.Client.IsIPv4MappedToIPv6 ? request.Client.MapToIPv4() : request.Client;
        var resolved = ClientAddress.Of(context);
        if (!truth.Equals(resolved.Address) || !truth.Equals(context.Connection.RemoteIpAddress))
            return $"the client is {truth}, the service sees {resolved.Address}";
        if (context.Request.Scheme != request.Scheme || resolved.Scheme != request.Scheme)
            return $"the scheme is {request.Scheme}, the service sees {context.Request.Scheme}";
        if (context.Request.Host.Value != "localhost" || context.Request.Path != "/api/v1/models" || context.Request.PathBase.HasValue)
            return $"the request went to localhost/api/v1/models, the service sees {context.Request.Host}{context.Request.PathBase}{context.Request.Path}";
        var speaks = !request.IsPeerTrusted && request.Lines.Any(l => Speakers.Any(l.IsNamed));
        return speaks && !resolved.HasUntrustedHeader ? "a stranger's word about addresses wasn't noticed, so that it could be internal" : null;
    }
}
