using Microsoft.AspNetCore.Mvc.Filters;
using MusicGen.Domain;

namespace MusicGen.WebApi.Security;

/// <summary>
/// An action whose whole answer is cookies. A Bearer request gets none, so it would open a session that nobody has.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SetsCookiesAttribute : Attribute, IResourceFilter
{
    public void OnResourceExecuting(ResourceExecutingContext context)
    {
        if (BearerCredential.Of(context.HttpContext.Request) is not null)
            context.Result = new Controllers.ProblemResult(
                StatusCodes.Status400BadRequest, Error.Invalid("authorization", "Signing in answers with cookies. Send it without Authorization: Bearer."));
    }

    public void OnResourceExecuted(ResourceExecutedContext context)
    {
    }
}
