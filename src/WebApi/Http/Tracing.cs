using System.Diagnostics;
using MusicGen.Application.Pipeline;
using OpenTelemetry;
using OpenTelemetry.Context.Propagation;
using OpenTelemetry.Instrumentation.AspNetCore;
using OpenTelemetry.Trace;

namespace MusicGen.WebApi.Http;

/// <summary>
/// Where traces begin. A trace of ours begins at our door, whatever a caller sends: its traceparent is kept as a link, so
/// that it neither decides what is recorded nor puts requests of others into one trace (W3C Trace Context, "Privacy").
/// </summary>
internal static class Tracing
{
    private const string Traceparent = "traceparent";

    /// <summary>What a request says of itself that isn't ours to keep, or that anybody may fill with anything.</summary>
    private static readonly string[] Unkept = ["url.path", "url.query", "user_agent.original", "client.address", "server.address"];

    public static void Configure(TracerProviderBuilder tracing, double share)
    {
        Sdk.SetDefaultTextMapPropagator(new TraceContextPropagator()); // any other makes the instrumentation read the headers itself
        tracing.AddSource(Telemetry.Name).SetSampler(new ParentBasedSampler(new TraceIdRatioBasedSampler(share))).AddAspNetCoreInstrumentation(Configure);
    }

    private static void Configure(AspNetCoreTraceInstrumentationOptions requests)
    {
        requests.Filter = context => context.Request.Path.StartsWithSegments("/api", StringComparison.Ordinal);
        requests.EnrichWithHttpRequest = (span, request) =>
        {
            foreach (var tag in Unkept)
                span.SetTag(tag, null);
            if (request.Headers[Traceparent] is [{ } sent] && ActivityContext.TryParse(sent, null, isRemote: true, out var caller))
                span.AddLink(new ActivityLink(caller));
        };
        requests.EnrichWithHttpResponse = (span, response) =>
        {
            span.SetTag("musicgen.request", response.HttpContext.TraceIdentifier);
            if (response.HttpContext.GetRouteValue("task_id") is string task && MusicGen.Domain.Generations.GenerationId.TryParse(task, out var id))
                span.SetTag(Telemetry.TaskTag, id.ToString());
        };
    }

    /// <summary>Takes nothing over from a caller.</summary>
    internal sealed class Door : DistributedContextPropagator
    {
        public override IReadOnlyCollection<string> Fields => [];

        public override void Inject(Activity? activity, object? carrier, PropagatorSetterCallback? setter)
        {
        }

        public override void ExtractTraceIdAndState(object? carrier, PropagatorGetterCallback? getter, out string? traceId, out string? traceState) =>
            (traceId, traceState) = (null, null);

        public override IEnumerable<KeyValuePair<string, string?>>? ExtractBaggage(object? carrier, PropagatorGetterCallback? getter) => null;
    }
}
