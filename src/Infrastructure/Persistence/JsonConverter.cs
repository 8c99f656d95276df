using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace MusicGen.Infrastructure.Persistence;

/// <summary>A value that is read and written whole, never searched in: one text column.</summary>
internal sealed class JsonConverter<T>() : ValueConverter<T, string>(value => JsonColumn.Write(value), text => JsonColumn.Read<T>(text));

/// <summary>Compares by content; the values are immutable, so a snapshot is the value itself.</summary>
internal sealed class JsonComparer<T>() : ValueComparer<T>(
    (left, right) => JsonColumn.Write(left) == JsonColumn.Write(right),
    value => string.GetHashCode(JsonColumn.Write(value), StringComparison.Ordinal),
    value => value);

internal static class JsonColumn
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.General)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public static string Write<T>(T value) => JsonSerializer.Serialize(value, Options);

    public static T Read<T>(string text) => JsonSerializer.Deserialize<T>(text, Options)!;
}
