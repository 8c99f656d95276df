namespace MusicGen.WebApi.Security;

/// <summary>What every answer tells the browser about how little it may do with it.</summary>
internal sealed class SecurityHeaders
{
    /// <summary>The page: its own files, no inline code, no other host, nothing framed.</summary>
    private const string PagePolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
        + "media-src 'self' blob:; font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; "
        + "frame-ancestors 'none'; require-trusted-types-for 'script'; "
        + $"report-uri {CspReports.Path}; report-to {CspReports.Group}";

    /// <summary>Data: nothing in it may run or be shown in a frame.</summary>
    private const string DataPolicy = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

    private const string Permissions =
        "accelerometer=(), autoplay=(self), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), "
        + "microphone=(), midi=(), payment=(), usb=()";

    private static readonly string[] OtherDataPaths = ["/health", "/metrics", "/openapi", "/.well-known", CspReports.Path];

    private readonly RequestDelegate _next;
    private readonly Edge _edge;
    private readonly Func<object, Task> _write;

    public SecurityHeaders(RequestDelegate next, Edge edge)
    {
        (_next, _edge) = (next, edge);
        _write = context =>
        {
            Write((HttpContext)context);
            return Task.CompletedTask;
        };
    }

    public Task InvokeAsync(HttpContext context)
    {
        context.Response.OnStarting(_write, context);
        return _next(context);
    }

    private void Write(HttpContext context)
    {
        var headers = context.Response.Headers;
        var path = context.Request.Path;
        var isApi = path.StartsWithSegments("/api", StringComparison.OrdinalIgnoreCase);
        var isData = isApi || Array.Exists(OtherDataPaths, p => path.StartsWithSegments(p, StringComparison.OrdinalIgnoreCase));
        SetDefault(headers, "Content-Security-Policy", isData ? DataPolicy : PagePolicy);
        if (!isData)
            headers["Reporting-Endpoints"] = $"{CspReports.Group}=\"{CspReports.Path}\"";
        SetDefault(headers, "Cross-Origin-Resource-Policy", "same-origin");
        headers.XContentTypeOptions = "nosniff";
        if (LacksCharset(headers.ContentType.ToString()))
            headers.ContentType += "; charset=utf-8"; // all our text is
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Permissions-Policy"] = Permissions;
        if (!_edge.IsDevelopment)
            headers.StrictTransportSecurity = "max-age=31536000; includeSubDomains";
        if (!isApi)
            return;
        SetDefault(headers, "Cache-Control", "no-store");
        if (!headers.Vary.ToString().Contains("Origin", StringComparison.OrdinalIgnoreCase))
            headers.Append("Vary", "Origin");
    }

    private static bool LacksCharset(string type) =>
        (type.StartsWith("text/", StringComparison.OrdinalIgnoreCase) || type.EndsWith("+xml", StringComparison.OrdinalIgnoreCase))
        && !type.Contains("charset", StringComparison.OrdinalIgnoreCase);

    private static void SetDefault(IHeaderDictionary headers, string name, string value)
    {
        if (!headers.ContainsKey(name))
            headers[name] = value;
    }
}
