using System.Net.Mime;
using Microsoft.AspNetCore.StaticFiles;

namespace MusicGen.WebApi.Http;

/// <summary>The page and its files, from wwwroot.</summary>
internal static class Page
{
    private const string Index = "index.html";

    /// <summary>Addresses that people open; links in mail lead to the last two.</summary>
    private static readonly string[] Addresses = ["/", "/verify-email", "/reset-password"];

    // The disk isn't asked for what only the API can answer.
    public static void UsePage(this WebApplication app) => app.UseWhen(
        context => !context.Request.Path.StartsWithSegments("/api", StringComparison.OrdinalIgnoreCase),
        branch => branch.UseStaticFiles(new StaticFileOptions
        {
            ContentTypeProvider = new FileExtensionContentTypeProvider { Mappings = { [".webmanifest"] = "application/manifest+json" } },

            // Files keep their names over releases, so browsers ask each time and get 304 by the file's ETag.
            OnPrepareResponse = prepared => prepared.Context.Response.Headers.CacheControl = "no-cache",
        }));

    public static void MapPage(this WebApplication app)
    {
        foreach (var address in Addresses)
            app.MapMethods(address, [HttpMethods.Get, HttpMethods.Head], SendAsync).AllowAnonymous().ExcludeFromDescription();
    }

    private static async Task SendAsync(HttpContext context)
    {
        var file = context.RequestServices.GetRequiredService<IWebHostEnvironment>().WebRootFileProvider.GetFileInfo(Index);
        if (!file.Exists)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        context.Response.ContentType = $"{MediaTypeNames.Text.Html}; charset=utf-8";
        context.Response.ContentLength = file.Length;
        context.Response.Headers.CacheControl = "no-cache";
        if (!HttpMethods.IsHead(context.Request.Method))
            await context.Response.SendFileAsync(file, context.RequestAborted);
    }
}
