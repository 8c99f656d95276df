using Microsoft.AspNetCore.Cors.Infrastructure;
using MusicGen.Domain;
using MusicGen.WebApi.Http;

namespace MusicGen.WebApi.Security;

/// <summary>Which pages of other origins may call, and what they may send and read.</summary>
internal static class CorsPolicies
{
    public static readonly string[] Methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

    /// <summary>The original service's request headers, and what tasks, streams and audio need.</summary>
    public static readonly string[] RequestHeaders =
    [
        "Accept", "Accept-Language", "Content-Language", "Content-Type", "Authorization", "X-Requested-With", "X-Request-ID",
        "X-CSRF-Token", "Cache-Control", "Pragma", "Idempotency-Key", "Last-Event-ID", "Range",
    ];

    private static readonly string[] Exposed =
    [
        "RateLimit", "RateLimit-Policy", "X-RateLimit-Tier", "X-RateLimit-Minute-Limit", "X-RateLimit-Minute-Remaining",
        "X-RateLimit-Minute-Reset", "X-RateLimit-Hour-Limit", "X-RateLimit-Hour-Remaining", "X-RateLimit-Hour-Reset",
        "X-RateLimit-Day-Limit", "X-RateLimit-Day-Remaining", "X-RateLimit-Day-Reset", "Retry-After", "Location", "ETag",
        "Content-Range", "Content-Disposition", RequestIds.Header,
    ];

    public static void Configure(CorsPolicyBuilder policy, Edge edge) => policy
        .SetIsOriginAllowed(edge.IsAllowedOrigin)
        .AllowCredentials()
        .WithMethods(Methods)
        .WithHeaders(RequestHeaders)
        .WithExposedHeaders(Exposed)
        .SetPreflightMaxAge(TimeSpan.FromHours(2));
}

/// <summary>Says no to a preflight in words; the framework would answer 204 and leave the page to guess.</summary>
internal sealed class PreflightRules(RequestDelegate next, Edge edge)
{
    public Task InvokeAsync(HttpContext context)
    {
        var headers = context.Request.Headers;
        var method = headers.AccessControlRequestMethod.ToString();
        if (!HttpMethods.IsOptions(context.Request.Method) || headers.Origin.Count == 0 || method.Length == 0)
            return next(context);

        if (headers.Origin is not [{ } origin] || !edge.IsAllowedOrigin(origin))
            return RefuseAsync(context, "CORS origin not allowed. Its operator can add it to ALLOWED_ORIGINS.");
        if (!CorsPolicies.Methods.Contains(method, StringComparer.Ordinal))
            return RefuseAsync(context, "CORS method not allowed.");
        return headers.AccessControlRequestHeaders.ToString()
            .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .FirstOrDefault(h => !CorsPolicies.RequestHeaders.Contains(h, StringComparer.OrdinalIgnoreCase)) is null
            ? next(context)
            : RefuseAsync(context, "CORS request header not allowed.");
    }

    private static Task RefuseAsync(HttpContext context, string why)
    {
        context.Response.Headers.Vary = "Origin"; // an answer that allows gets it from the framework
        return Problems.WriteAsync(context, StatusCodes.Status403Forbidden, new Error("cors.origin_refused", why, ErrorKind.Forbidden));
    }
}
