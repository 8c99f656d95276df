using MusicGen.Application.Sessions;
using MusicGen.Domain.Sessions;

namespace MusicGen.WebApi.Security;

/// <summary>Which session a browser's cookies speak of, and the CSRF token that belongs to it.</summary>
internal sealed class BrowserSession(AccessTokens accessTokens, ISessionStore sessions, SessionCookies cookies, CsrfTokens csrf, SessionPolicy policy)
{
    /// <summary>The session named by the access cookie, even an expired one, else by the refresh cookie, live or over.</summary>
    public async ValueTask<SessionId?> NamedAsync(HttpContext context)
    {
        if (cookies.ReadAccessToken(context.Request) is { } token && await accessTokens.ReadAsync(token) is { } claims)
            return claims.Session;
        return sessions.Read(cookies.ReadRefreshToken(context.Request))?.Session;
    }

    /// <summary>
    /// The token that the CSRF rules will ask this browser for: its cookie's own while valid, so that tabs don't take
    /// it from each other, else a new one, whose cookie is set.
    /// </summary>
    public async ValueTask<string> CsrfTokenAsync(HttpContext context)
    {
        var session = await NamedAsync(context);
        if (cookies.ReadCsrfToken(context.Request) is { } own && csrf.IsValid(own, session))
            return own;
        var token = session is { } named ? csrf.For(named) : csrf.ForNobody();
        cookies.WriteCsrf(context, token, policy.Idle);
        return token;
    }
}
