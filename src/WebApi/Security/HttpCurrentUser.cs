using MusicGen.Application.Pipeline;
using MusicGen.Domain.Identity;
using MusicGen.Domain.Sessions;

namespace MusicGen.WebApi.Security;

/// <summary>
/// The caller of a request. It reads the request itself, so every scope that a request opens sees the same caller.
/// </summary>
internal sealed class HttpCurrentUser(HttpContext context, SessionCookies cookies) : ICurrentUser
{
    private const int LongestUserAgent = 256;

    private Caller Caller => Caller.Of(context);

    public UserId? Id => Caller.Id;

    public Role Role => Caller.Role;

    public Tier Tier => Caller.Tier;

    public SessionId? Session => Caller.Session;

    public DateTimeOffset? SteppedUpAt => Caller.SteppedUpAt;

    public DateTimeOffset? ProvedAt => Caller.ProvedAt;

    public AccessTokenIdentity? AccessToken => Caller.AccessToken;

    public string Actor => Caller.Id?.ToString() ?? "anonymous";

    public string? Address => context.Features.Get<ClientAddress>()?.Address.ToString();

    public string? UserAgent =>
        context.Request.Headers.UserAgent.ToString() is { Length: > 0 } agent ? agent[..Math.Min(agent.Length, LongestUserAgent)] : null;

    public string? DeviceCookie => cookies.ReadDevice(context.Request);

    public string? TraceId => context.TraceIdentifier;
}

/// <summary>The caller where there is no request: the worker and whatever runs by the clock.</summary>
internal sealed class SystemUser : ICurrentUser
{
    public UserId? Id => null;

    public Role Role => Role.Admin;

    public Tier Tier => Tier.Enterprise;

    public SessionId? Session => null;

    public DateTimeOffset? SteppedUpAt => null;

    public AccessTokenIdentity? AccessToken => null;

    public string Actor => "system";

    public string? Address => null;

    public string? UserAgent => null;

    public string? DeviceCookie => null;

    public string? TraceId => System.Diagnostics.Activity.Current?.TraceId.ToHexString();
}
