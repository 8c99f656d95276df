using System.Security.Cryptography;
using System.Text;
using MusicGen.Domain;
using MusicGen.Domain.Sessions;
using MusicGen.WebApi.Http;

namespace MusicGen.WebApi.Security;

/// <summary>
/// Every request that may change something proves that one of our own pages sent it, anonymous routes included; a
/// request with a Bearer token proves it by the token. A refusal never ends a session.
/// </summary>
internal sealed class CsrfRules(RequestDelegate next, Edge edge)
{
    public const string Header = "X-CSRF-Token";

    private static readonly Error Missing =
        new("csrf.missing", "The X-CSRF-Token header or its cookie is missing. GET /api/auth/csrf-token gives both.", ErrorKind.Forbidden);

    private static readonly Error Invalid =
        new("csrf.invalid", "The CSRF token isn't the one of this session. GET /api/auth/csrf-token gives a new one.", ErrorKind.Forbidden);

    private static readonly Error CrossSite =
        new("csrf.cross_site", "This request came from another site's page. Its operator can allow it with ALLOWED_ORIGINS.", ErrorKind.Forbidden);

    public async Task InvokeAsync(HttpContext context, BrowserSession browser, CsrfTokens tokens, SessionCookies cookies)
    {
        if (!IsProtected(context))
        {
            await next(context);
            return;
        }

        var refusal = IsCrossSite(context.Request.Headers)
            ? CrossSite
            : Judge(context.Request.Headers[Header].ToString(), cookies.ReadCsrfToken(context.Request), tokens, await browser.NamedAsync(context));
        if (refusal is null)
            await next(context);
        else
            await Problems.WriteAsync(context, StatusCodes.Status403Forbidden, refusal);
    }

    /// <summary>The double submit: header and cookie are one token, ours, and made for the session that the cookies name.</summary>
    internal static Error? Judge(string header, string? cookie, CsrfTokens tokens, SessionId? session)
    {
        if (header.Length == 0 || string.IsNullOrEmpty(cookie))
            return Missing;
        var same = CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(header), Encoding.UTF8.GetBytes(cookie));
        return same && tokens.IsValid(cookie, session) ? null : Invalid;
    }

    /// <summary>Sec-Fetch-Site, which no page can forge, then Origin; without either (curl) the token alone decides.</summary>
    internal bool IsCrossSite(IHeaderDictionary headers)
    {
        var site = headers["Sec-Fetch-Site"].ToString();
        if (site is "same-origin" or "none")
            return false;
        return headers.Origin.Count > 0
            ? headers.Origin is not [{ } origin] || !edge.IsAllowedOrigin(origin)
            : site == "cross-site";
    }

    // An endpoint without metadata is routing's own answer (405): nothing there can change anything.
    private static bool IsProtected(HttpContext context)
    {
        var method = context.Request.Method;
        var isSafe = HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method) || HttpMethods.IsTrace(method);
        return !isSafe
            && context.GetEndpoint() is { Metadata.Count: > 0 } endpoint
            && endpoint.Metadata.GetMetadata<CsrfExemptAttribute>() is null
            && BearerCredential.Of(context.Request) is null;
    }
}

/// <summary>Takes an action out of the CSRF rules; a test lists every use.</summary>
/// <param name="reason">Why that is safe.</param>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class CsrfExemptAttribute(string reason) : Attribute
{
    public string Reason { get; } = reason;
}
