using System.Globalization;
using System.Text.RegularExpressions;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Scripts;

/// <summary>A server's fault as a proxy plays it, and the line of the operators' check that names it.</summary>
/// <param name="Name">What the server does.</param>
/// <param name="Line">How what follows FAIL begins.</param>
/// <param name="Fault">How it is played.</param>
internal sealed partial record PlantedFault(string Name, string Line, Fault Fault)
{
    public const string Front = "https://front.example.org";

    /// <summary>Seen outside Development only, where cookies are Secure.</summary>
    public static readonly PlantedFault DropsSecure = new("drops Secure",
        "auth_token has its flags: expected SameSite=Strict; Path=/; no Domain; HttpOnly; Secure and named __Host-, got __Host-auth_token; ",
        new(Answer: a => a.Change("Set-Cookie", c => c.Replace("; secure", string.Empty, StringComparison.Ordinal))));

    /// <summary>What test_rate_limiting finds.</summary>
    public static readonly PlantedFault[] OfLimits =
    [
        new("never answers 429",
            "a burst of 15 ends in 429: expected a 429 among the answers, got",
            new(Answer: a => a.Status = a.Status == 429 ? 401 : a.Status)),
        new("drops Retry-After",
            "the 429 says when to come back: expected a Retry-After in seconds, got nothing",
            new(Answer: a => a.Drop("Retry-After"))),
        new("asks to come back too early",
            "the 429 says when to come back: expected a Retry-After in seconds, got 0",
            new(Answer: a => a.Change("Retry-After", _ => "0"))),
        new("dresses 429 as a page",
            "the 429 is a problem: expected application/problem+json, got text/html",
            new(Answer: a =>
            {
                if (a.Status == 429)
                    a.Set("Content-Type", "text/html");
            })),
        new("drops RateLimit",
            "X-RateLimit-Minute-Limit and -Remaining are those of RateLimit-Policy and RateLimit: expected 300 and a number, got 300 and 299",
            new(Answer: a => a.Drop("RateLimit"))),
        new("tells two numbers",
            "X-RateLimit-Minute-Limit and -Remaining are those of RateLimit-Policy and RateLimit: expected 300 and 299, got 300 and 300",
            new(Answer: a => a.Change("X-RateLimit-Minute-Remaining", v => (Number(v) + 1).ToString(CultureInfo.InvariantCulture)))),
        new("tells a wrong moment",
            "X-RateLimit-Hour-Reset is RateLimit's t from now: expected about ",
            new(Answer: a => a.Change("X-RateLimit-Hour-Reset", v => (Number(v) + 60).ToString(CultureInfo.InvariantCulture)))),
        new("counts nothing",
            "X-RateLimit-Day-Remaining falls with each request: expected fewer left, got ",
            new(Answer: a =>
            {
                a.Change("X-RateLimit-Day-Remaining", _ => "4000");
                a.Change("RateLimit", v => DayLeft().Replace(v, "\"day\";r=4000"));
            })),
        new("counts probes",
            "/health has no rate limit headers: expected nothing, got \"burst\"",
            new(Request: (path, r) =>
            {
                if (path == "/health")
                    r.RequestUri = new Uri("/api/v1/quota", UriKind.Relative);
            })),
        new("believes what clients say of their address",
            "a client's own X-Forwarded-For gives it no new budget: expected fewer than ",
            new(Request: (_, r) =>
            {
                if (r.Options.TryGetValue(Fault.ClaimedAddress, out var claimed) && claimed.Length > 0)
                {
                    r.Headers.Remove("X-Forwarded-For");
                    r.Headers.TryAddWithoutValidation("X-Forwarded-For", claimed);
                }
            })),
        new("never tires of failed logins",
            "failed logins run into a limit of their own: expected 429 auth.too_many_attempts, got 401 auth.invalid_credentials",
            new(Answer: a =>
            {
                if (a.Status == 429 && a.Path == "/api/auth/login")
                {
                    a.Status = 401;
                    a.Body = a.Body.Replace("auth.too_many_attempts", "auth.invalid_credentials", StringComparison.Ordinal);
                }
            })),
    ];

    /// <summary>What test_cookie_integration finds.</summary>
    public static readonly PlantedFault[] OfCookies =
    [
        new("drops HttpOnly",
            "refresh_token has its flags: expected SameSite=Strict; Path=/; no Domain; HttpOnly, got refresh_token; max-age=",
            new(Answer: a => a.Change("Set-Cookie", c => c.Replace("; httponly", string.Empty, StringComparison.Ordinal)))),
        new("drops SameSite",
            "auth_token has its flags: expected SameSite=Strict; ",
            new(Answer: a => a.Change("Set-Cookie", c => c.Replace("; samesite=strict", string.Empty, StringComparison.Ordinal)))),
        new("widens the path",
            "device_id has its flags: expected SameSite=Strict; Path=/; no Domain; HttpOnly, got ",
            new(Answer: a => a.Change("Set-Cookie", c => c.Replace("; path=/", "; path=/api", StringComparison.Ordinal)))),
        new("adds a Domain",
            "auth_token has its flags: expected SameSite=Strict; Path=/; no Domain; HttpOnly, got ",
            new(Answer: a => a.Change("Set-Cookie", c => $"{c}; domain=example.org"))),
        new("hides the CSRF token from the page",
            "csrf_token has its flags: expected SameSite=Strict; Path=/; no Domain; readable by the page, got ",
            new(Answer: a => a.Change("Set-Cookie", c => c.StartsWith("csrf_token=", StringComparison.Ordinal) ? $"{c}; httponly" : c))),
        new("shows a token in the body",
            "the login's body holds no token: expected neither access nor refresh token in it, got one of them",
            new(Answer: a =>
            {
                if (a.Path == "/api/auth/login" && a.Status == 200)
                    a.Body = $"{{\"access_token\":\"{a.Headers.Find(h => h.Value.StartsWith("auth_token=", StringComparison.Ordinal)).Value.Split('=', ';')[1]}\",{a.Body[1..]}";
            })),
        new("asks for no CSRF token",
            "a POST without X-CSRF-Token is refused: expected 403 csrf.missing, got 400 request.invalid",
            new(Request: (_, r) =>
            {
                if (!r.Headers.Contains("X-CSRF-Token"))
                    r.Headers.TryAddWithoutValidation("X-CSRF-Token", CookieOf(r, "csrf_token"));
            })),
        new("takes any CSRF token",
            "a POST with a wrong X-CSRF-Token is refused: expected 403 csrf.invalid, got 400 request.invalid",
            new(Request: (_, r) =>
            {
                if (r.Headers.Remove("X-CSRF-Token"))
                    r.Headers.TryAddWithoutValidation("X-CSRF-Token", CookieOf(r, "csrf_token"));
            })),
        new("lets other sites' pages act",
            "a POST from another site's page is refused: expected 403 csrf.cross_site, got 400 request.invalid",
            new(Request: (_, r) => r.Headers.Remove("Origin"))),
        new("doesn't rotate",
            "a refresh rotates both tokens: expected a new access token, a new refresh token, got a new access token, the old refresh token",
            new(Answer: a =>
            {
                if (a.Path == "/api/auth/refresh" && a.Status == 200)
                    a.Change("Set-Cookie", c => c.StartsWith("refresh_token=", StringComparison.Ordinal) ? $"refresh_token={CookieOf(a.Request, "refresh_token")}{c[c.IndexOf(';', StringComparison.Ordinal)..]}" : c);
            })),
        new("forgives a spent token",
            "the first refresh token is spent now, and its use ends the session: expected 401 auth.refresh_reused, got 200",
            new(Answer: a =>
            {
                if (a.Body.Contains("auth.refresh_reused", StringComparison.Ordinal))
                    (a.Status, a.Body) = (200, "{\"success\":true}");
            })),
        new("clears cookies and ends no session",
            "the old cookies are nobody's: expected 200, authenticated: false, got 200, authenticated: true",
            new(
                Request: (path, r) =>
                {
                    if (path == "/api/auth/logout" && r.Headers.Contains("X-CSRF-Token"))
                        (r.Method, r.RequestUri) = (HttpMethod.Get, new Uri("/api/auth/session", UriKind.Relative));
                },
                Answer: a =>
                {
                    if (a.Path != "/api/auth/logout" || a.Status != 200)
                        return;
                    foreach (var name in (string[])["auth_token", "refresh_token", "csrf_token"])
                        a.Headers.Add(("Set-Cookie", $"{name}=; expires=Thu, 01 Jan 1970 00:00:00 GMT; path=/"));
                    a.Set("Clear-Site-Data", "\"cache\", \"storage\"");
                })),
        new("leaves the cookies at log-out",
            "that clears the session's cookies: expected no auth_token, refresh_token, csrf_token, got no ",
            new(Answer: a =>
            {
                if (a.Path == "/api/auth/logout")
                    a.Drop("Set-Cookie");
            })),
    ];

    /// <summary>What test_cors_security finds.</summary>
    public static readonly PlantedFault[] OfCors =
    [
        new("reflects any origin",
            "a foreign origin (https://foreign.example) reads no answer: expected no Access-Control-Allow-Origin, got https://foreign.example",
            new(Answer: a => Allow(a, _ => true))),
        new("allows what begins like an allowed one",
            "a name that begins like it (https://front.example.org.foreign.example) reads no answer: expected ",
            new(Answer: a => Allow(a, origin => origin.StartsWith(Front, StringComparison.Ordinal)))),
        new("allows what ends like an allowed one",
            "a name that ends like it (https://foreignfront.example.org) reads no answer: expected ",
            new(Answer: a => Allow(a, origin => origin.EndsWith("front.example.org", StringComparison.Ordinal)))),
        new("allows null",
            "a page without an origin (null) reads no answer: expected no Access-Control-Allow-Origin, got null",
            new(Answer: a => Allow(a, origin => origin == "null"))),
        new("compares without case",
            "another case (HTTPS://FRONT.EXAMPLE.ORG) reads no answer: expected ",
            new(Answer: a => Allow(a, origin => string.Equals(origin, Front, StringComparison.OrdinalIgnoreCase)))),
        new("allows everybody",
            "no answer allowed every origin: expected nothing, got *, with credentials: true",
            new(Answer: a =>
            {
                a.Set("Access-Control-Allow-Origin", "*");
                a.Set("Access-Control-Allow-Credentials", "true");
            })),
        new("refuses a preflight without saying so",
            "a foreign origin (https://foreign.example) is refused its preflight: expected 403 cors.origin_refused, no Access-Control-Allow-Origin, got 204 ",
            new(Answer: a =>
            {
                if (a.Body.Contains("cors.origin_refused", StringComparison.Ordinal))
                    (a.Status, a.Body) = (204, string.Empty);
            })),
        new("hides errors from pages",
            "a 401 is readable to it: expected https://front.example.org, with credentials, got no Access-Control-Allow-Origin",
            new(Answer: a =>
            {
                if (a.Status >= 400)
                    a.Drop("Access-Control-Allow-Origin");
            })),
        new("hides when to come back",
            "a 429 is readable to it: expected https://front.example.org, with credentials, got no Access-Control-Allow-Origin",
            new(Answer: a =>
            {
                if (a.Status == 429)
                    a.Drop("Access-Control-Allow-Origin");
            })),
        new("drops Vary",
            "an answer to a foreign origin says that it depends on the origin: expected Vary: Origin, got ",
            new(Answer: a => a.Drop("Vary"))),
        new("allows another method",
            "the methods are those of docs/api.md: expected GET POST PUT PATCH DELETE OPTIONS, got a list with trace",
            new(Answer: a => a.Change("Access-Control-Allow-Methods", m => $"{m},TRACE"))),
        new("forgets a request header",
            "the request headers are those of docs/api.md: expected Accept Accept-Language Content-Language Content-Type Authorization X-Requested-With X-Request-ID X-CSRF-Token Cache-Control Pragma Idempotency-Key Last-Event-ID Range, got a list without X-CSRF-Token",
            new(Answer: a => a.Change("Access-Control-Allow-Headers", h => h.Replace("X-CSRF-Token,", string.Empty, StringComparison.Ordinal)))),
    ];

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    private static string CookieOf(HttpRequestMessage request, string name) =>
        request.Headers.TryGetValues("Cookie", out var lines)
            ? string.Join("; ", lines).Split("; ").FirstOrDefault(c => c.StartsWith($"{name}=", StringComparison.Ordinal))?[(name.Length + 1)..] ?? string.Empty
            : string.Empty;

    private static void Allow(SpoiltAnswer answer, Func<string, bool> origins)
    {
        if (answer.Origin is not { Length: > 0 } origin || !origins(origin))
            return;
        answer.Set("Access-Control-Allow-Origin", origin);
        answer.Set("Access-Control-Allow-Credentials", "true");
    }

    [GeneratedRegex("\"day\";r=[0-9]+")]
    private static partial Regex DayLeft();
}
