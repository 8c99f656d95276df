using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MusicGen.WebApi.Http;

/// <summary>Times in one form, whatever database they come from: UTC, to the millisecond, with a Z (ISO 8601, RFC 3339).</summary>
internal sealed class UtcTimeConverter : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDateTimeOffset();

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
}
