using System.Diagnostics;
using System.Security.Cryptography;

namespace MusicGen.WebApi.Http;

/// <summary>Gives every request an id that its answer, its problem and its log lines share.</summary>
internal sealed class RequestIds(RequestDelegate next)
{
    public const string Header = "X-Request-ID";
    private const int MaxLength = 64;

    public Task InvokeAsync(HttpContext context)
    {
        context.TraceIdentifier = context.Request.Headers[Header] is [{ } sent] && IsSane(sent) ? sent : NewId();
        context.Response.OnStarting(static state =>
        {
            var context = (HttpContext)state;
            context.Response.Headers[Header] = context.TraceIdentifier;
            return Task.CompletedTask;
        }, context);
        return next(context);
    }

    /// <summary>An id goes into logs and answers, so only what can do no harm there is taken over.</summary>
    internal static bool IsSane(string id) =>
        id.Length is > 0 and <= MaxLength && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');

    private static string NewId() =>
        Activity.Current is { IdFormat: ActivityIdFormat.W3C } activity
            ? activity.TraceId.ToHexString()
            : Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
}
