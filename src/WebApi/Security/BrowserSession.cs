using MediatR;
using MusicGen.Application.Sessions;
using MusicGen.Application.Sessions.ReplaceSession;
using MusicGen.Domain;
using MusicGen.Domain.Sessions;

namespace MusicGen.WebApi.Security;

/// <summary>A browser's side of a session: which one its cookies speak of, and the CSRF token that belongs to it.</summary>
public sealed class BrowserSession
{
    private readonly AccessTokens _accessTokens;
    private readonly ISessionStore _sessions;
    private readonly SessionCookies _cookies;
    private readonly CsrfTokens _csrf;
    private readonly SessionPolicy _policy;

    internal BrowserSession(AccessTokens accessTokens, ISessionStore sessions, SessionCookies cookies, CsrfTokens csrf, SessionPolicy policy)
    {
        _accessTokens = accessTokens;
        _sessions = sessions;
        _cookies = cookies;
        _csrf = csrf;
        _policy = policy;
    }

    /// <summary>The session named by the access cookie, even an expired one, else by the refresh cookie, live or over.</summary>
    public async ValueTask<SessionId?> NamedAsync(HttpContext context) =>
        (await NamedByAccessTokenAsync(context) ?? NamedByRefreshToken(context))?.Session;

    /// <summary>The session of an access token of ours, expired or not, from its cookie or as Bearer.</summary>
    public async ValueTask<SessionReference?> NamedByAccessTokenAsync(HttpContext context)
    {
        if (Caller.Of(context) is { AccessToken: not null, Id: { } user, Session: { } session })
            return new SessionReference(user, session); // the session check has read it
        return (BearerCredential.Of(context.Request) ?? _cookies.ReadAccessToken(context.Request)) is { } token
            && await _accessTokens.ReadAsync(token) is { } claims
                ? new SessionReference(claims.User, claims.Session)
                : null;
    }

    public SessionReference? NamedByRefreshToken(HttpContext context) => _sessions.Read(RefreshToken(context));

    /// <summary>The refresh cookie's value; null for a Bearer request, which reads no cookie.</summary>
    public string? RefreshToken(HttpContext context) => _cookies.ReadRefreshToken(context.Request);

    /// <summary>Whether the refresh cookie names a session that lives.</summary>
    public async Task<bool> IsRefreshableAsync(HttpContext context, CancellationToken ct) =>
        NamedByRefreshToken(context) is { } named && await _sessions.IsAliveAsync(named.User, named.Session, ct);

    /// <summary>
    /// The token that the CSRF rules will ask this browser for: its cookie's own while valid, so that tabs don't take
    /// it from each other, else a new one, whose cookie is set.
    /// </summary>
    public async ValueTask<string> CsrfTokenAsync(HttpContext context)
    {
        var session = await NamedAsync(context);
        if (_cookies.ReadCsrfToken(context.Request) is { } own && _csrf.IsValid(own, session))
            return own;
        var token = session is { } named ? _csrf.For(named) : _csrf.ForNobody();
        // Only the store knows which sessions are remembered, and the cookie must not end before any refresh cookie does.
        _cookies.WriteCsrf(context, token, _policy.IdleFor(remembered: session is not null));
        return token;
    }

    /// <summary>
    /// Leaves a new session's cookies in the browser, after the session that its cookies spoke of has ended. Of two tabs
    /// that sign in at once each ends the earlier one, and none the other's: whichever answer comes last is the browser's
    /// session, and it lives.
    /// </summary>
    /// <returns>The session's CSRF token, or why the earlier session couldn't end; then the new one has ended.</returns>
    public async Task<Result<string>> SignInAsync(HttpContext context, SignedIn signedIn)
    {
        var isDone = false;
        try
        {
            // It can't be cancelled: the new session is open already.
            var sender = context.RequestServices.GetRequiredService<ISender>();
            foreach (var earlier in await EarlierAsync(context, signedIn.Session.Id))
            {
                if (await sender.Send(new ReplaceSessionCommand(earlier.User, earlier.Session, signedIn.Session.Id), CancellationToken.None) is { IsSuccess: false } refused)
                    return refused.Error;
            }

            isDone = true;
            return Renew(context, signedIn);
        }
        finally
        {
            if (!isDone)
                await _sessions.CloseAsync(signedIn.Session.User, signedIn.Session.Id, CancellationToken.None);
        }
    }

    /// <summary>Leaves a refreshed session's cookies in the browser.</summary>
    /// <returns>The session's CSRF token.</returns>
    public string Renew(HttpContext context, SignedIn signedIn)
    {
        var token = _csrf.For(signedIn.Session.Id);
        _cookies.Write(context, signedIn, token);
        return token;
    }

    /// <summary>Takes them away, and what the page kept of the user.</summary>
    public void SignOut(HttpContext context)
    {
        if (BearerCredential.Of(context.Request) is not null)
            return;
        _cookies.Clear(context);
        context.Response.Headers["Clear-Site-Data"] = "\"cache\", \"storage\""; // not cookies: the device's stays
    }

    /// <summary>Remembers that the owner of an account uses this browser.</summary>
    public void TrustDevice(HttpContext context, string deviceCookie) => _cookies.WriteDevice(context, deviceCookie);

    // Both cookies: they may speak of two sessions. Signing in by a Bearer request is refused before.
    private async Task<IReadOnlyList<SessionReference>> EarlierAsync(HttpContext context, SessionId now)
    {
        var living = new List<SessionReference>();
        foreach (var named in new HashSet<SessionReference?> { await NamedByAccessTokenAsync(context), NamedByRefreshToken(context) })
        {
            if (named is not null && named.Session != now && await _sessions.IsAliveAsync(named.User, named.Session, CancellationToken.None))
                living.Add(named);
        }

        return living;
    }
}
