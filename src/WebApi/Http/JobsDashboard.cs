using Hangfire;
using Hangfire.Dashboard;
using Microsoft.AspNetCore.Mvc;
using MusicGen.WebApi.Security;

namespace MusicGen.WebApi.Http;

/// <summary>
/// Hangfire's own view of the queues, for administrators to look at. Nothing can be changed there: of what changes something
/// not even the addresses are served, and the one POST that is left only asks for numbers.
/// </summary>
internal static class JobsDashboard
{
    public const string Path = "/admin/jobs";

    /// <summary>Its own files and what they load; styles of single elements stand in its markup, and the hash is the one sheet that its charts add.</summary>
    private const string ContentPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self' 'sha256-z7zcnw/4WalZqx+PrNaRnoeLz/G9WXuFqV1WCJ129sg='; style-src-attr 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
        + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private const int LargestPoll = 2048; // bytes; it names a dozen numbers

    public static void MapJobsDashboard(this WebApplication app)
    {
        var dashboard = Dashboard(app);
        app.MapMethods($"{Path}/{{**page}}", [HttpMethods.Get], dashboard)
            .RequireAuthorization(Policies.Admin).ExcludeFromDescription();
        app.MapMethods($"{Path}/stats", [HttpMethods.Post], context => context.Request.HasFormContentType
                ? dashboard(context)
                : Problems.WriteAsync(context, StatusCodes.Status415UnsupportedMediaType, RequestErrors.ContentType))
            .RequireAuthorization(Policies.Admin).ExcludeFromDescription()
            .WithMetadata(new RequestSizeLimitAttribute(LargestPoll), new CsrfExemptAttribute("The dashboard's script polls for numbers and can't send our header; nothing is changed by it.") { ChecksOrigin = true });
    }

    private static RequestDelegate Dashboard(WebApplication app)
    {
        var options = new DashboardOptions
        {
            Authorization = [], // the endpoint's policy decides
            IsReadOnlyFunc = _ => true,
            IgnoreAntiforgeryToken = true, // see CsrfRules
            AppPath = "/#admin",
            DashboardTitle = "MusicGen: jobs",
            DisplayStorageConnectionString = false,
            StatsPollingInterval = 5000,
        };
        IApplicationBuilder branch = ((IApplicationBuilder)app).New();
        branch.Use((context, next) =>
        {
            context.SetEndpoint(null); // what the dashboard doesn't know isn't found
            context.Response.Headers.ContentSecurityPolicy = ContentPolicy;
            context.Response.Headers.CacheControl = "no-store";
            return next(context);
        });
        branch.UsePathBase(Path);
        branch.UseMiddleware<AspNetCoreDashboardMiddleware>(app.Services.GetRequiredService<JobStorage>(), options, DashboardRoutes.Routes);
        return branch.Build();
    }
}
