using System.Diagnostics;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using MusicGen.Application.Pipeline;
using MusicGen.Domain.Identity;
using MusicGen.Infrastructure;
using MusicGen.WebApi.Security;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace MusicGen.WebApi.Http;

/// <summary>What operators and their probes look at: health and metrics.</summary>
internal static class Operations
{
    private const string Metrics = "/metrics";

    public static void AddOperations(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddHealthChecks().AddStores();
        services.AddSingleton<CspReports>();
        services.AddSingleton<DistributedContextPropagator, Tracing.Door>();
        var telemetry = services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.Clear().AddService("musicgen", autoGenerateServiceInstanceId: false, serviceInstanceId: configuration["Node:Name"]))
            .WithMetrics(metrics => metrics.AddMeter(Telemetry.Name).AddAspNetCoreInstrumentation().AddRuntimeInstrumentation()
                .AddPrometheusExporter(exporter => exporter.ResourceConstantLabels = attribute => attribute == "service.instance.id"));
        if (configuration["Server:OtlpEndpoint"] is not { } endpoint)
            return;
        var collector = new Uri(endpoint);
        telemetry
            .WithMetrics(metrics => metrics.AddOtlpExporter((exporter, _) => Send(exporter, collector, "metrics")))
            .WithTracing(tracing =>
            {
                Tracing.Configure(tracing, configuration.GetValue("Server:TraceShare", 1.0));
                tracing.AddOtlpExporter(exporter => Send(exporter, collector, "traces"));
            });
    }

    public static void MapOperations(this WebApplication app)
    {
        app.MapProbes();
        app.MapPost(CspReports.Path, (HttpContext context) => context.RequestServices.GetRequiredService<CspReports>().ReceiveAsync(context))
            .AllowAnonymous().ExcludeFromDescription()
            .WithMetadata(new CsrfExemptAttribute("Browsers send reports without a token; nothing is changed by one."));
    }

    /// <summary>Health and metrics: all that a node needs that makes music only.</summary>
    public static void MapProbes(this WebApplication app)
    {
        // Alive is whoever answers; ready is who reaches its stores. A restart cures neither store.
        app.MapHealthChecks("/health/live", Answering(_ => false)).AllowAnonymous();
        app.MapHealthChecks("/health/ready", Answering(_ => true)).AllowAnonymous();
        app.MapHealthChecks("/health", Answering(_ => true)).AllowAnonymous();
        app.MapMethods(Metrics, [HttpMethods.Get], MetricsPipeline(app)).AllowAnonymous().ExcludeFromDescription();
    }

    // By gRPC where its port is named, else by HTTP at the path that the protocol fixes.
    private static void Send(OtlpExporterOptions exporter, Uri collector, string signal)
    {
        const int GrpcPort = 4317;
        exporter.Protocol = collector.Port == GrpcPort ? OtlpExportProtocol.Grpc : OtlpExportProtocol.HttpProtobuf;
        exporter.Endpoint = collector.Port == GrpcPort ? collector : new Uri($"{Base(collector)}/v1/{signal}");
        var timeout = TimeSpan.FromMilliseconds(exporter.TimeoutMilliseconds);
        exporter.HttpClientFactory = () => new HttpClient(OutgoingHttp.To(collector)) { Timeout = timeout };
    }

    // As the protocol names it; who names the path of metrics means the collector.
    private static string Base(Uri collector)
    {
        var text = collector.ToString().TrimEnd('/');
        return text.EndsWith("/v1/metrics", StringComparison.Ordinal) ? text[..^"/v1/metrics".Length] : text;
    }

    private static RequestDelegate MetricsPipeline(WebApplication app)
    {
        IApplicationBuilder branch = ((IApplicationBuilder)app).New();
        branch.Use((context, next) => context.RequestServices.GetRequiredService<InternalCallers>().MayReadMetrics(context)
            ? next(context)
            : Problems.WriteAsync(context, StatusCodes.Status403Forbidden, IdentityErrors.Forbidden));
        branch.Use((context, next) =>
        {
            context.SetEndpoint(null); // the exporter is a middleware of its own and leaves matched requests alone
            return next(context);
        });
        return branch.UseOpenTelemetryPrometheusScrapingEndpoint(Metrics).Build();
    }

    private static HealthCheckOptions Answering(Func<HealthCheckRegistration, bool> which) => new()
    {
        Predicate = which,
        AllowCachingResponses = false,
        ResponseWriter = (context, report) => WriteHealthAsync(
            context, Name(report.Status), report.Entries.ToDictionary(e => e.Key, e => Name(e.Value.Status), StringComparer.Ordinal)),
    };

    /// <summary>Answers a probe.</summary>
    public static Task WriteHealthAsync(HttpContext context, string status, Dictionary<string, string> checks) =>
        context.Response.WriteAsJsonAsync(new Health(status, checks), WireJson.Options, context.RequestAborted);

    private static string Name(HealthStatus status) => status.ToString().ToLowerInvariant();

    /// <summary>Names and states, no reasons: anybody may ask.</summary>
    private sealed record Health(string Status, IReadOnlyDictionary<string, string> Checks);
}
