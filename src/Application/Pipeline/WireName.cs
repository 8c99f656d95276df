using System.Text.Json;

namespace MusicGen.Application.Pipeline;

/// <summary>A property's name as clients know it: <c>Parameters.TopK</c> is <c>top_k</c>.</summary>
public static class WireName
{
    public static string Of(string propertyPath)
    {
        var last = propertyPath[(propertyPath.LastIndexOf('.') + 1)..];
        var bracket = last.IndexOf('[', StringComparison.Ordinal);
        return bracket < 0
            ? JsonNamingPolicy.SnakeCaseLower.ConvertName(last)
            : JsonNamingPolicy.SnakeCaseLower.ConvertName(last[..bracket]) + last[bracket..];
    }
}
