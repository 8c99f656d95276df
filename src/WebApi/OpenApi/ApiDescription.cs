using System.Security.Cryptography;
using Microsoft.OpenApi;
using Scalar.AspNetCore;

namespace MusicGen.WebApi.OpenApi;

/// <summary>The contract as OpenAPI 3.1, and a page that shows it from this server alone.</summary>
internal static class ApiDescription
{
    public static void AddApiDescription(this IServiceCollection services) => services.AddSingleton<ApiDocument>().AddOpenApi(ApiDocument.Name, options =>
    {
        options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
        options.AddDocumentTransformer(DocumentFacts.ApplyAsync);
        options.AddOperationTransformer(OperationFacts.ApplyAsync);
        options.AddSchemaTransformer(RequestBounds.ApplyAsync);
    });

    public static void MapApiDescription(this WebApplication app)
    {
        app.MapGet($"/openapi/{ApiDocument.Name}.json", SendAsync).AllowAnonymous().ExcludeFromDescription();
        app.MapScalarApiReference("/docs", Describe).AllowAnonymous();
    }

    private static async Task<IResult> SendAsync(ApiDocument document, CancellationToken ct)
    {
        var written = await document.GetAsync(ct);
        return Results.Bytes(written.Json, "application/json; charset=utf-8", entityTag: written.Tag);
    }

    // The reference page brings its own script and styles, and a script in the page that starts it: a policy of its own,
    // with a nonce for that one, and no other host.
    private static void Describe(ScalarOptions options, HttpContext context)
    {
        var nonce = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));
        options.WithTitle("MusicGen API")
            .WithOpenApiRoutePattern("/openapi/{documentName}.json")
            .WithNonce(nonce)
            .DisableDefaultFonts()
            .DisableAgent()
            .DisableMcp()
            .HideDeveloperTools();
        options.HideClientButton = true; // both lead to other hosts
        options.Telemetry = false;
        context.Response.Headers.ContentSecurityPolicy =
            $"default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
            + "font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    }
}
