using Microsoft.AspNetCore.Authorization;
using MusicGen.Application.Identity;
using MusicGen.Domain.Identity;
using MusicGen.WebApi.Http;

namespace MusicGen.WebApi.Security;

/// <summary>
/// Where REQUIRE_SECOND_FACTOR asks for one (ASVS 6.3.3), a session in which none was used opens only what sets one up or
/// confirms it, and what ends sessions. Personal access tokens have no session: making one took a session of this kind.
/// </summary>
internal sealed class SecondFactorRules(RequestDelegate next, SecondFactorPolicy policy)
{
    public Task InvokeAsync(HttpContext context) =>
        policy.Closes(Caller.Of(context)) && IsClosed(context.GetEndpoint())
            ? Problems.WriteAsync(context, StatusCodes.Status403Forbidden, IdentityErrors.SecondFactorRequired)
            : next(context);

    private static bool IsClosed(Endpoint? endpoint) =>
        endpoint?.Metadata.GetMetadata<IAuthorizeData>() is not null
        && endpoint.Metadata.GetMetadata<IAllowAnonymous>() is null
        && endpoint.Metadata.GetMetadata<OpenBeforeSecondFactorAttribute>() is null;
}

/// <summary>Whether a caller's session lacks a second factor that their role needs, as of this request.</summary>
public sealed class SecondFactorPolicy(AccountPolicy policy)
{
    internal bool Closes(Caller caller) => caller is { Session: not null, UsedTwoFactors: false } && policy.RequiresSecondFactor(caller.Role);
}

/// <summary>Opens an action to sessions that still lack the second factor which their user's role needs.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
internal sealed class OpenBeforeSecondFactorAttribute : Attribute;
