using MusicGen.Application.Sessions;

namespace MusicGen.WebApi.Security;

/// <summary>The cookies of a session: named, written and cleared here and nowhere else.</summary>
internal sealed class SessionCookies(Edge edge)
{
    private const string AccessToken = "auth_token";
    private const string RefreshToken = "refresh_token";
    private const string CsrfToken = "csrf_token";
    private const string Device = "device_id";

    private static readonly TimeSpan DeviceLifetime = TimeSpan.FromDays(365);

    public string? ReadAccessToken(HttpRequest request) => Read(request, AccessToken);

    public string? ReadRefreshToken(HttpRequest request) => Read(request, RefreshToken);

    public string? ReadCsrfToken(HttpRequest request) => Read(request, CsrfToken);

    public string? ReadDevice(HttpRequest request) => Read(request, Device);

    /// <summary>Everything that a sign-in or a refresh leaves in the browser.</summary>
    public void Write(HttpContext context, SignedIn signedIn, string csrfToken)
    {
        var refreshLifetime = signedIn.Session.RefreshLifetime;
        Append(context, AccessToken, signedIn.AccessToken.Value, signedIn.AccessToken.Lifetime, isReadable: false);
        Append(context, RefreshToken, signedIn.Session.RefreshToken, refreshLifetime, isReadable: false);
        WriteCsrf(context, csrfToken, refreshLifetime);
        if (signedIn.DeviceCookie is { } device)
            WriteDevice(context, device);
    }

    public void WriteCsrf(HttpContext context, string csrfToken, TimeSpan lifetime) =>
        Append(context, CsrfToken, csrfToken, lifetime, isReadable: true);

    public void WriteDevice(HttpContext context, string device) =>
        Append(context, Device, device, DeviceLifetime, isReadable: false);

    /// <summary>Signs the browser out. The device cookie stays: it tells the owner from a stranger at the next sign-in.</summary>
    public void Clear(HttpContext context)
    {
        foreach (var name in (string[])[AccessToken, RefreshToken, CsrfToken])
            context.Response.Cookies.Delete(Name(context.Request, name), Attributes(context.Request, isReadable: name == CsrfToken));
    }

    private string? Read(HttpRequest request, string name) =>
        BearerCredential.Of(request) is null ? RequestCookie.Read(request, Name(request, name)) : null;

    private void Append(HttpContext context, string name, string value, TimeSpan lifetime, bool isReadable)
    {
        // A Bearer request neither reads nor sets a cookie.
        if (BearerCredential.Of(context.Request) is not null)
            return;
        var attributes = Attributes(context.Request, isReadable);
        attributes.MaxAge = lifetime;
        context.Response.Cookies.Append(Name(context.Request, name), value, attributes);
    }

    // __Host- makes the browser refuse a Domain, another path, and plain http: no sibling host can plant such a cookie.
    private string Name(HttpRequest request, string name) => IsBare(request) ? name : $"__Host-{name}";

    private CookieOptions Attributes(HttpRequest request, bool isReadable) => new()
    {
        Path = "/",
        HttpOnly = !isReadable,
        Secure = !IsBare(request),
        SameSite = SameSiteMode.Strict,
        IsEssential = true,
    };

    private bool IsBare(HttpRequest request) => edge.IsDevelopment && LoopbackNames.Contains(request.Host.Host);
}
