namespace MusicGen.WebApi.Http;

/// <summary>Compares paths as routing does, for which <c>/a</c> and <c>/a/</c> are one.</summary>
internal static class RoutePaths
{
    /// <param name="path">A request's.</param>
    /// <param name="route">Without a slash at its end.</param>
    public static bool IsRoute(this PathString path, string route) =>
        path.StartsWithSegments(route, StringComparison.OrdinalIgnoreCase, out var rest) && rest.Value is null or "" or "/";
}
