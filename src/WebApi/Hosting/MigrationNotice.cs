using MusicGen.WebApi.Http;

namespace MusicGen.WebApi.Hosting;

/// <summary>
/// Listens in the server's place while its database is brought up to date, here or by another node: alive, not ready, and
/// 503 for everybody else. So nobody restarts a node in the middle of it, and nobody sends it requests.
/// </summary>
internal sealed class MigrationNotice : IAsyncDisposable
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(10);

    private readonly WebApplication _app;

    private MigrationNotice(WebApplication app) => _app = app;

    /// <summary>Listens at the server's addresses until it is disposed of.</summary>
    public static async Task<MigrationNotice> OpenAsync(string[] urls, ServerCertificate? certificate, CancellationToken ct)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrel(options =>
        {
            options.AddServerHeader = false;
            certificate?.ApplyTo(options);
        });
        builder.WebHost.UseUrls(urls);
        var app = builder.Build();
        app.Run(AnswerAsync);
        await app.StartAsync(ct);
        return new MigrationNotice(app);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
    }

    private static Task AnswerAsync(HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-store";
        if (context.Request.Path.IsRoute("/health/live"))
            return Operations.WriteHealthAsync(context, "healthy", []);
        context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        context.Response.Headers.RetryAfter = Problems.WholeSeconds(RetryAfter).ToString(System.Globalization.CultureInfo.InvariantCulture);
        return context.Request.Path.StartsWithSegments("/health", StringComparison.Ordinal)
            ? Operations.WriteHealthAsync(context, "unhealthy", new() { ["database"] = "migrating" })
            : Problems.WriteBodyAsync(context, RequestErrors.Outage);
    }
}
