namespace MusicGen.WebApi.Security;

/// <summary>One cookie of a request, read strictly.</summary>
internal static class RequestCookie
{
    /// <summary>
    /// The value, or null where none came or several that differ: one of them somebody else planted (a sibling host, a
    /// longer path), and which is first is the browser's choice. The name counts letter by letter; the framework's
    /// collection ignores case, and a browser that guards <c>__Host-</c> alone would let <c>__HOST-</c> pass.
    /// </summary>
    public static string? Read(HttpRequest request, string name)
    {
        string? found = null;
        foreach (var header in request.Headers.Cookie)
        {
            foreach (var part in header.AsSpan().Split(';'))
            {
                var pair = header.AsSpan(part).Trim();
                if (!pair.StartsWith(name) || pair.Length == name.Length || pair[name.Length] != '=')
                    continue;
                var value = pair[(name.Length + 1)..];
                if (found is not null && !value.SequenceEqual(found))
                    return null;
                found ??= value.ToString();
            }
        }

        return found is { Length: > 0 } ? Uri.UnescapeDataString(found) : null;
    }
}
