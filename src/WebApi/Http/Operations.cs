using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using MusicGen.Domain.Identity;
using MusicGen.Infrastructure;
using MusicGen.WebApi.Security;
using OpenTelemetry.Metrics;

namespace MusicGen.WebApi.Http;

/// <summary>What operators and their probes look at: health and metrics.</summary>
internal static class Operations
{
    private const string Metrics = "/metrics";

    public static void AddOperations(this IServiceCollection services)
    {
        services.AddHealthChecks().AddStores();
        services.AddOpenTelemetry().WithMetrics(metrics => metrics
            .AddMeter("MusicGen")
            .AddAspNetCoreInstrumentation()
            .AddRuntimeInstrumentation()
            .AddPrometheusExporter());
    }

    public static void MapOperations(this WebApplication app)
    {
        // Alive is whoever answers; ready is who reaches its stores. A restart cures neither store.
        app.MapHealthChecks("/health/live", Answering(_ => false)).AllowAnonymous();
        app.MapHealthChecks("/health/ready", Answering(_ => true)).AllowAnonymous();
        app.MapHealthChecks("/health", Answering(_ => true)).AllowAnonymous();
        app.MapMethods(Metrics, [HttpMethods.Get], MetricsPipeline(app)).AllowAnonymous().ExcludeFromDescription();
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
        ResponseWriter = (context, report) => context.Response.WriteAsJsonAsync(
            new Health(Name(report.Status), report.Entries.ToDictionary(e => e.Key, e => Name(e.Value.Status), StringComparer.Ordinal)),
            WireJson.Options, context.RequestAborted),
    };

    private static string Name(HealthStatus status) => status.ToString().ToLowerInvariant();

    /// <summary>Names and states, no reasons: anybody may ask.</summary>
    private sealed record Health(string Status, IReadOnlyDictionary<string, string> Checks);
}
