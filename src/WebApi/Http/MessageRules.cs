using Microsoft.Net.Http.Headers;

namespace MusicGen.WebApi.Http;

/// <summary>
/// What RFC 9113 (8.2.1, 8.2.2) forbids in a request by HTTP/2 and newer, and Kestrel lets through in part: fields of a
/// single connection, and line breaks in a value. A proxy that wrote them down as HTTP/1.1 would write two requests.
/// </summary>
internal sealed class MessageRules(RequestDelegate next)
{
    private static readonly string[] OfConnections =
        [HeaderNames.Connection, HeaderNames.KeepAlive, HeaderNames.ProxyConnection, HeaderNames.TransferEncoding, HeaderNames.Upgrade];

    public Task InvokeAsync(HttpContext context) =>
        HttpProtocol.IsHttp11(context.Request.Protocol) || HttpProtocol.IsHttp10(context.Request.Protocol) || IsWellFormed(context.Request.Headers)
            ? next(context)
            : Problems.WriteAsync(context, StatusCodes.Status400BadRequest, RequestErrors.Invalid);

    internal static bool IsWellFormed(IHeaderDictionary headers)
    {
        foreach (var name in OfConnections)
        {
            if (headers.ContainsKey(name))
                return false;
        }

        foreach (var (name, values) in headers)
        {
            if (name.AsSpan().ContainsAny('\r', '\n', '\0'))
                return false;
            foreach (var value in values)
            {
                if (value.AsSpan().ContainsAny('\r', '\n', '\0'))
                    return false;
            }
        }

        return true;
    }
}
