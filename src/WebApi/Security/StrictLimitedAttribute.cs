using Microsoft.AspNetCore.Mvc.Filters;
using MusicGen.Application.Sessions;
using MusicGen.WebApi.Http;

namespace MusicGen.WebApi.Security;

/// <summary>Counts an action on top of the rate limit: by address, or a refresh by its session.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class StrictLimitedAttribute(StrictLimit limit) : Attribute, IAsyncActionFilter
{
    public StrictLimit Limit { get; } = limit;

    public async Task OnActionExecutionAsync(ActionExecutingContext context, ActionExecutionDelegate next)
    {
        var http = context.HttpContext;
        if (SubjectOf(http) is { } subject
            && await http.RequestServices.GetRequiredService<IRequestGate>().CountStrictAsync(Limit, subject, http.RequestAborted) is { } wait)
            context.Result = new Controllers.ProblemResult(StatusCodes.Status429TooManyRequests, RequestErrors.RateLimited(wait));
        else
            await next();
    }

    // A refresh without a token of ours has no session, and nothing to gain.
    private string? SubjectOf(HttpContext http) => Limit == StrictLimit.Refresh
        ? http.RequestServices.GetRequiredService<BrowserSession>().NamedByRefreshToken(http)?.Session.Value
        : ClientAddress.Of(http).CountKey;
}
