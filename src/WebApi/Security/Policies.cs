using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using MusicGen.Domain.Identity;
using MusicGen.WebApi.Http;

namespace MusicGen.WebApi.Security;

/// <summary>Names of who may do what.</summary>
internal static class Policies
{
    public const string Admin = "admin";

    public const string RoleClaim = "role";

    public static void Configure(AuthorizationOptions options) =>
        options.AddPolicy(Admin, policy => policy.RequireAuthenticatedUser().RequireClaim(RoleClaim, Role.Admin.Name()));
}

/// <summary>Turns the framework's refusals into problems, with the reason that the session check found.</summary>
internal sealed class AuthorizationAnswers : IAuthorizationMiddlewareResultHandler
{
    public Task HandleAsync(RequestDelegate next, HttpContext context, AuthorizationPolicy policy, PolicyAuthorizationResult authorizeResult)
    {
        if (authorizeResult.Succeeded)
            return next(context);
        return authorizeResult.Forbidden && Caller.Of(context).Id is not null
            ? Problems.WriteAsync(context, StatusCodes.Status403Forbidden, IdentityErrors.Forbidden)
            : Problems.WriteAsync(context, StatusCodes.Status401Unauthorized, Caller.Of(context).Refusal ?? IdentityErrors.AuthenticationRequired);
    }
}
