using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace MusicGen.WebApi.Http;

/// <summary>
/// Reads a JSON body against a type and names every field at fault, not only the first: unknown, twice, missing, null,
/// of the wrong type. The serializer's own messages would name our types.
/// </summary>
internal static class StrictJson
{
    /// <summary>Where a fault concerns the body as a whole.</summary>
    public const string Body = "body";

    private static readonly JsonDocumentOptions DocumentOptions = new() { MaxDepth = WireJson.MaxDepth };

    /// <returns>The value, or null with <paramref name="faults"/> by wire name.</returns>
    public static object? Read(ReadOnlyMemory<byte> utf8, Type type, JsonSerializerOptions options, out IReadOnlyDictionary<string, string[]> faults)
    {
        var found = new Faults();
        object? value = null;
        try
        {
            using var document = JsonDocument.Parse(utf8, DocumentOptions);
            Check(document.RootElement, options.GetTypeInfo(type), isNullable: false, string.Empty, found);
            if (found.IsEmpty)
                value = document.Deserialize(type, options);
        }
        catch (JsonException e)
        {
            found.Add(string.Empty, e.LineNumber is { } line
                ? string.Create(CultureInfo.InvariantCulture, $"This is not valid JSON (line {line + 1}, byte {(e.BytePositionInLine ?? 0) + 1}).")
                : "This is not valid JSON.");
        }
        catch (InvalidOperationException)
        {
            found.Add(string.Empty, "The text is not valid Unicode."); // a lone surrogate, or bytes that are no UTF-8
        }

        faults = found.ByField;
        return found.IsEmpty ? value : null;
    }

    private static void Check(JsonElement element, JsonTypeInfo type, bool isNullable, string path, Faults faults)
    {
        if (element.ValueKind == JsonValueKind.Null)
        {
            // A JsonElement is read later, by whom it concerns.
            if (!isNullable && type.Type != typeof(JsonElement))
                faults.Add(path, path.Length == 0 ? "A JSON object is required." : "This must not be null.");
            return;
        }

        switch (type.Kind)
        {
            case JsonTypeInfoKind.Object:
                CheckObject(element, type, path, faults);
                break;
            case JsonTypeInfoKind.Enumerable when type.ElementType is { } item:
                CheckList(element, type.Options.GetTypeInfo(item), path, faults);
                break;
            default:
                CheckValue(element, type, path, faults);
                break;
        }
    }

    private static void CheckObject(JsonElement element, JsonTypeInfo type, string path, Faults faults)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            faults.Add(path, "This must be an object.");
            return;
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var member in element.EnumerateObject())
        {
            var name = Join(path, member.Name);
            var property = type.Properties.FirstOrDefault(p => p.Name == member.Name);
            if (!seen.Add(member.Name))
                faults.Add(name, "This field stands there twice.");
            else if (property is null)
                faults.Add(name, "There is no such field.");
            else
                Check(member.Value, type.Options.GetTypeInfo(property.PropertyType), IsNullable(property), name, faults);
        }

        foreach (var missing in type.Properties.Where(p => IsRequired(p) && !seen.Contains(p.Name)))
            faults.Add(Join(path, missing.Name), "This field is required.");
    }

    private static void CheckList(JsonElement element, JsonTypeInfo item, string path, Faults faults)
    {
        if (element.ValueKind != JsonValueKind.Array)
        {
            faults.Add(path, "This must be a list.");
            return;
        }

        var index = 0;
        foreach (var entry in element.EnumerateArray())
            Check(entry, item, isNullable: false, string.Create(CultureInfo.InvariantCulture, $"{path}[{index++}]"), faults);
    }

    private static void CheckValue(JsonElement element, JsonTypeInfo type, string path, Faults faults)
    {
        try
        {
            if (element.Deserialize(type) is not double number || double.IsFinite(number))
                return;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            // Said below in the wire's words.
        }

        faults.Add(path, $"This must be {Describe(type.Type)}.");
    }

    private static string Describe(Type type)
    {
        var bare = Nullable.GetUnderlyingType(type) ?? type;
        if (bare == typeof(bool))
            return "true or false";
        if (bare == typeof(int) || bare == typeof(long))
            return "a whole number within range";
        return bare == typeof(double) ? "a number" : "a string of valid Unicode";
    }

    private static bool IsRequired(JsonPropertyInfo property) =>
        property.IsRequired || property.AssociatedParameter is { HasDefaultValue: false };

    private static bool IsNullable(JsonPropertyInfo property) =>
        property.IsSetNullable && (!property.PropertyType.IsValueType || Nullable.GetUnderlyingType(property.PropertyType) is not null);

    private static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";

    private sealed class Faults
    {
        private const int Most = 50;
        private const int LongestName = 100;
        private readonly Dictionary<string, List<string>> _byField = new(StringComparer.Ordinal);

        public bool IsEmpty => _byField.Count == 0;

        public IReadOnlyDictionary<string, string[]> ByField => _byField.ToDictionary(f => f.Key, f => f.Value.ToArray(), StringComparer.Ordinal);

        // A body of nothing but faults must not come back larger than it was.
        public void Add(string path, string message)
        {
            var name = path.Length == 0 ? Body : path[..Math.Min(path.Length, LongestName)];
            if (_byField.TryGetValue(name, out var messages))
            {
                if (!messages.Contains(message, StringComparer.Ordinal))
                    messages.Add(message);
            }
            else if (_byField.Count < Most)
            {
                _byField.Add(name, [message]);
            }
        }
    }
}
