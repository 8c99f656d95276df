using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc.Filters;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using Microsoft.Net.Http.Headers;
using MusicGen.Domain;

namespace MusicGen.WebApi.Http;

/// <summary>
/// What holds for every body before it is bound: its type, its size, and that an action which takes none gets none,
/// or <c>{}</c>.
/// </summary>
internal sealed class BodyRules : IAsyncResourceFilter
{
    /// <summary>In bytes: ten requests of the longest prompt in four-byte characters, with room.</summary>
    public const long DefaultLimit = 256 * 1024;

    public async Task OnResourceExecutionAsync(ResourceExecutingContext context, ResourceExecutionDelegate next)
    {
        var http = context.HttpContext;
        if (!HasBody(http.Request))
        {
            await next();
            return;
        }

        var limit = http.GetEndpoint()?.Metadata.GetMetadata<BodyLimitAttribute>()?.Bytes ?? DefaultLimit;
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = limit;

        if (http.Request.ContentLength > limit)
            await Problems.WriteAsync(http, StatusCodes.Status413PayloadTooLarge, RequestErrors.TooLarge);
        else if (!IsJson(http.Request) || IsEncoded(http.Request))
            await Problems.WriteAsync(http, StatusCodes.Status415UnsupportedMediaType, RequestErrors.ContentType);
        else if (!TakesBody(context) && await FaultsOfUnexpectedAsync(http) is { Count: > 0 } faults)
            await Problems.WriteAsync(http, StatusCodes.Status400BadRequest, Error.Invalid(faults));
        else
        {
            await next();
            return;
        }

        context.Result = new Microsoft.AspNetCore.Mvc.EmptyResult();
    }

    private static bool HasBody(HttpRequest request) =>
        request.ContentLength > 0
        || (request.ContentLength is null && request.HttpContext.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true
            && !string.IsNullOrEmpty(request.ContentType))
        || (request.ContentLength is null && request.Headers.TransferEncoding.Count > 0);

    private static bool IsJson(HttpRequest request) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
        && type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
        && (type.Charset.Length == 0 || type.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase) || type.Charset.Equals("\"utf-8\"", StringComparison.OrdinalIgnoreCase));

    // Nothing is unpacked: a small body stays small.
    private static bool IsEncoded(HttpRequest request) =>
        request.Headers.ContentEncoding.Any(e => !string.Equals(e?.Trim(), "identity", StringComparison.OrdinalIgnoreCase));

    private static bool TakesBody(ResourceExecutingContext context) =>
        context.ActionDescriptor.Parameters.Any(p => p.BindingInfo?.BindingSource == BindingSource.Body);

    private static async Task<IReadOnlyDictionary<string, string[]>> FaultsOfUnexpectedAsync(HttpContext http)
    {
        var body = await BodyReader.ReadAsync(http);
        if (body.IsEmpty)
            return new Dictionary<string, string[]>();
        StrictJson.Read(body, typeof(EmptyBody), WireJson.Options, out var faults);
        return faults;
    }

    private sealed record EmptyBody;
}

/// <summary>How large this action's body may be.</summary>
[AttributeUsage(AttributeTargets.Method | AttributeTargets.Class)]
internal sealed class BodyLimitAttribute(long bytes) : Attribute
{
    public long Bytes { get; } = bytes;
}
