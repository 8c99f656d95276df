using Microsoft.AspNetCore.Mvc.Filters;
using MusicGen.Domain;

namespace MusicGen.WebApi.Http;

/// <summary>
/// What holds for every query of the API: a parameter stands in it once. Of two, one reader takes the first and another
/// the last (a proxy's rule, our own), so neither would be what everybody checked.
/// </summary>
internal sealed class QueryRules : IResourceFilter
{
    private const int Most = 50;
    private const int LongestName = 100;

    public void OnResourceExecuting(ResourceExecutingContext context)
    {
        if (!context.HttpContext.Request.QueryString.HasValue)
            return;

        // The collection joins names that differ in case only, as the binder does.
        var repeated = context.HttpContext.Request.Query.Where(q => q.Value.Count > 1).Take(Most)
            .GroupBy(q => q.Key[..Math.Min(q.Key.Length, LongestName)].ToLowerInvariant(), StringComparer.Ordinal)
            .ToDictionary(g => g.Key, _ => (string[])["This parameter stands there twice."], StringComparer.Ordinal);
        if (repeated.Count > 0)
            context.Result = new Controllers.ProblemResult(StatusCodes.Status400BadRequest, Error.Invalid(repeated));
    }

    public void OnResourceExecuted(ResourceExecutedContext context)
    {
    }
}
