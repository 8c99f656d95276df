using Microsoft.AspNetCore.Mvc;
using MusicGen.Domain;
using MusicGen.WebApi.Http;

namespace MusicGen.WebApi.Controllers;

/// <summary>What every controller of the API shares: JSON in, JSON out, one way to fail.</summary>
[ApiController]
[Produces("application/json")]
public abstract class ApiController : ControllerBase
{
    /// <summary>The refusal as a problem, under the status of its kind.</summary>
    protected static ActionResult Failure(Error error) => new ProblemResult(StatusOf(error.Kind), error);

    /// <summary>The value as the answer, or the refusal.</summary>
    protected static ActionResult<T> Answer<T>(Result<T> result) => result.IsSuccess ? result.Value : Failure(result.Error);

    /// <summary>The one place where kinds of failure become statuses.</summary>
    internal static int StatusOf(ErrorKind kind) => kind switch
    {
        ErrorKind.Invalid => StatusCodes.Status400BadRequest,
        ErrorKind.Unauthenticated => StatusCodes.Status401Unauthorized,
        ErrorKind.Forbidden => StatusCodes.Status403Forbidden,
        ErrorKind.NotFound => StatusCodes.Status404NotFound,
        ErrorKind.Conflict => StatusCodes.Status409Conflict,
        ErrorKind.Unprocessable => StatusCodes.Status422UnprocessableEntity,
        ErrorKind.Throttled => StatusCodes.Status429TooManyRequests,
        ErrorKind.Unavailable => StatusCodes.Status503ServiceUnavailable,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "There is no such kind of error."),
    };
}

/// <summary>An answer that is a problem.</summary>
internal sealed class ProblemResult(int status, Error error) : ActionResult
{
    public override Task ExecuteResultAsync(ActionContext context) => Problems.WriteAsync(context.HttpContext, status, error);
}
