using System.Diagnostics.Metrics;
using System.Security.Claims;
using MediatR;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Authorization;
using MusicGen.Application.Identity.ReportReuse;
using MusicGen.Application.Pipeline;
using MusicGen.Application.Sessions;
using MusicGen.Domain;
using MusicGen.Domain.Identity;
using MusicGen.Domain.Sessions;
using MusicGen.Infrastructure.Identity;
using MusicGen.Infrastructure.Redis;
using MusicGen.WebApi.Http;

namespace MusicGen.WebApi.Security;

/// <summary>
/// Asks the gate once for every request of the API and of the jobs' dashboard: may it come (rate), and who sends it as of now (session, role,
/// tier)? Then a protected route without any credentials is refused, before anything else looks at the request.
/// </summary>
internal sealed class SessionCheck(
    RequestDelegate next, IRequestGate gate, ISessionStore sessions, AccessTokens tokens, SessionCookies cookies, InternalCallers internals,
    LocalLimits local, TimeProvider time)
{
    private static readonly string[] Reads = ["/api/auth", "/api/v1/generate", "/api/v1/models", "/api/v1/account"];

    private static readonly Counter<long> Decisions =
        Telemetry.Meter.CreateCounter<long>("musicgen.gate.decisions", "{request}", "Requests by what came of them: let pass, or over a limit, by tier.");

    private static readonly Counter<long> RefusedCredentials =
        Telemetry.Meter.CreateCounter<long>("musicgen.gate.refused_credentials", "{request}", "Credentials that don't count: a session that ended, a token on the blacklist, or one that was set aside.");

    public async Task InvokeAsync(HttpContext context)
    {
        if (!IsCounted(context.Request.Path))
        {
            await next(context);
            return;
        }

        var credentials = await CredentialsAsync(context);
        GateDecision decision;
        try
        {
            decision = await AskAsync(context, credentials);
        }
        catch (Exception e) when (Outages.IsOutage(e) && MayGoOnWithoutStore(context.Request, credentials))
        {
            // Reading what is public needs no store. Nobody is let in as somebody.
            decision = local.Count(ClientAddress.Of(context).CountKey);
        }

        Decisions.Add(1, new KeyValuePair<string, object?>("outcome", decision.Outcome.ToString()), new KeyValuePair<string, object?>("tier", decision.TierName));
        RateLimitHeaders.Apply(context, decision, time.GetUtcNow());
        if (decision.Outcome == GateOutcome.Limited)
            await Problems.WriteAsync(context, StatusCodes.Status429TooManyRequests, RequestErrors.RateLimited(decision.RetryAfter));
        else if (!credentials.WereSent && IsProtected(context))
            await Problems.WriteAsync(context, StatusCodes.Status401Unauthorized, IdentityErrors.AuthenticationRequired);
        else
            await next(context);
    }

    private static bool IsCounted(PathString path) =>
        path.StartsWithSegments("/api", StringComparison.OrdinalIgnoreCase) || path.StartsWithSegments(JobsDashboard.Path, StringComparison.OrdinalIgnoreCase);

    private async Task<GateDecision> AskAsync(HttpContext context, Credentials credentials)
    {
        var (ct, bucket) = (context.RequestAborted, BucketOf(context.Request));
        var client = ClientAddress.Of(context);
        if (credentials.PersonalToken is { } personal)
        {
            var decision = await gate.CheckAsync(personal, client.CountKey, bucket, ct);
            if (decision.Outcome is GateOutcome.Allowed or GateOutcome.Limited)
            {
                SignIn(context, personal, decision);
                return decision;
            }

            Refuse(context, IdentityErrors.TokenInvalid);
            if (decision.Outcome == GateOutcome.TokenUnread)
                return Shut(await CountAsync(context, client, bucket, ct), decision.RetryAfter);
        }
        else if (credentials.Token is { } token)
        {
            var decision = await gate.CheckAsync(token.User, token.Session, token.Jti, token.RefreshCounter, client.Address.ToString(), bucket, ct);
            if (decision.Outcome is GateOutcome.Allowed or GateOutcome.Limited)
            {
                SignIn(context, token, decision);
                return decision;
            }

            RefusedCredentials.Add(1, new KeyValuePair<string, object?>("reason", decision.Outcome.ToString()));
            if (decision.Outcome == GateOutcome.TokenReused)
                await ReportReuseAsync(context, token);
            Refuse(context, decision.Outcome == GateOutcome.SessionEnded ? SessionErrors.Ended : IdentityErrors.TokenInvalid);
        }
        else if (credentials.WereSent)
        {
            Refuse(context, IdentityErrors.TokenInvalid);
        }

        return await CountAsync(context, client, bucket, ct);
    }

    // Whom no token names.
    private Task<GateDecision> CountAsync(HttpContext context, ClientAddress client, RateBucket bucket, CancellationToken ct) =>
        CountsByRefreshCookie(context.Request) && sessions.Read(cookies.ReadRefreshToken(context.Request)) is { } caller
            ? gate.CountAsync(caller, bucket, ct)
            : gate.CountAsync(client.CountKey, internals.IsInternal(context), bucket, ct);

    private static GateDecision Shut(GateDecision counted, TimeSpan wait) =>
        counted with { Outcome = GateOutcome.Limited, RetryAfter = wait > counted.RetryAfter ? wait : counted.RetryAfter };

    // The Authorization header's, else our cookie's.
    private async ValueTask<Credentials> CredentialsAsync(HttpContext context)
    {
        var bearer = BearerCredential.Of(context.Request);
        if ((bearer ?? cookies.ReadAccessToken(context.Request)) is not { } sent)
            return default;
        return bearer is not null && BearerCredential.IsPersonal(bearer)
            ? new Credentials(WereSent: true, Token: null, PersonalTokenValue.Read(bearer))
            : new Credentials(WereSent: true, tokens.Recall(sent) ?? await VerifyAsync(context, sent));
    }

    // The bearer handler runs once for a token, not for each of its requests.
    private async Task<AccessTokenClaims?> VerifyAsync(HttpContext context, string token) =>
        (await context.AuthenticateAsync(JwtBearerDefaults.AuthenticationScheme)).Succeeded ? await tokens.ReadAsync(token) : null;

    private static void SignIn(HttpContext context, AccessTokenClaims token, GateDecision decision)
    {
        context.Features.Set(new Caller
        {
            Id = token.User,
            Role = decision.Role,
            Tier = decision.Tier,
            Session = token.Session,
            SteppedUpAt = decision.SteppedUpAt,
            ProvedAt = decision.ProvedAt,
            UsedTwoFactors = decision.UsedTwoFactors,
            AccessToken = new AccessTokenIdentity(token.Jti, token.ExpiresAt),
        });
        context.User = Principal(token.User, decision.Role); // the role of now, never the token's
    }

    // A token without the scope is no administrator, whoever made it; one with it is, while its owner is.
    private static void SignIn(HttpContext context, PersonalTokenValue token, GateDecision decision)
    {
        var role = decision.Token?.Scopes.HasFlag(TokenScopes.Admin) == true ? decision.Role : Role.User;
        context.Features.Set(new Caller { Id = token.User, Role = role, Tier = decision.Tier, PersonalToken = decision.Token });
        context.User = Principal(token.User, role);
    }

    // The trail names whose token it was, although nobody is let in by it. It can't be cancelled: a thief may hang up.
    private static async Task ReportReuseAsync(HttpContext context, AccessTokenClaims token)
    {
        context.Features.Set(new Caller { Id = token.User });
        var sender = context.RequestServices.GetRequiredService<ISender>();
        await sender.Send(new ReportReuseCommand(token.User, token.Session), CancellationToken.None);
    }

    private static ClaimsPrincipal Principal(UserId user, Role role) => new(new ClaimsIdentity(
        [new Claim("sub", user.ToString()), new Claim(Policies.RoleClaim, role.Name())], "session", "sub", Policies.RoleClaim));

    private static void Refuse(HttpContext context, Error reason)
    {
        context.Features.Set(new Caller { Refusal = reason });
        context.User = new ClaimsPrincipal();
    }

    private static bool IsProtected(HttpContext context) =>
        context.GetEndpoint() is { } endpoint
        && endpoint.Metadata.GetMetadata<IAuthorizeData>() is not null
        && endpoint.Metadata.GetMetadata<IAllowAnonymous>() is null;

    private bool MayGoOnWithoutStore(HttpRequest request, Credentials credentials) =>
        !credentials.WereSent && cookies.ReadRefreshToken(request) is null && IsRead(request.Method);

    internal static RateBucket BucketOf(HttpRequest request)
    {
        var isRefresh = HttpMethods.IsPost(request.Method) && request.Path.IsRoute("/api/auth/refresh");
        return isRefresh || (IsRead(request.Method) && Array.Exists(Reads, p => request.Path.StartsWithSegments(p, StringComparison.OrdinalIgnoreCase)))
            ? RateBucket.Reads
            : RateBucket.Standard;
    }

    private static bool CountsByRefreshCookie(HttpRequest request) =>
        request.Path.IsRoute("/api/auth/refresh") || request.Path.IsRoute("/api/auth/logout");

    private static bool IsRead(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method);

    private readonly record struct Credentials(bool WereSent, AccessTokenClaims? Token, PersonalTokenValue? PersonalToken = null);
}
