using Microsoft.AspNetCore.Mvc.Filters;
using MusicGen.Application.Identity;
using MusicGen.WebApi.Http;

namespace MusicGen.WebApi.Security;

/// <summary>Hides an action, before its body is looked at, unless the operator has opened migration.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class WhileMigrationIsOpenAttribute : Attribute, IResourceFilter
{
    public void OnResourceExecuting(ResourceExecutingContext context)
    {
        if (!context.HttpContext.RequestServices.GetRequiredService<ILegacyTokens>().IsOpen)
            context.Result = new Controllers.ProblemResult(StatusCodes.Status404NotFound, Problems.ForStatus(StatusCodes.Status404NotFound));
    }

    public void OnResourceExecuted(ResourceExecutedContext context)
    {
    }
}
