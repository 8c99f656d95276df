using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using MusicGen.Domain.Generations;
using MusicGen.Domain.Identity;
using MusicGen.WebApi.Controllers;

namespace MusicGen.WebApi.OpenApi;

/// <summary>Writes the bounds of requests into the document, from the constants that the validators hold.</summary>
internal static class RequestBounds
{
    public static Task ApplyAsync(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken ct)
    {
        var type = context.JsonTypeInfo.Type;
        if (type == typeof(GenerateRequest))
        {
            Length(schema, "prompt", 1, GenerationParameters.MaxPromptLength);
            Range(schema, "duration", ClipDuration.MinSeconds, ClipDuration.MaxSeconds);
            Range(schema, "seed", 0, long.MaxValue);
            Range(schema, "temperature", GenerationParameters.MinTemperature, GenerationParameters.MaxTemperature);
            Range(schema, "top_k", 0, GenerationParameters.MaxTopK);
            Range(schema, "top_p", 0, 1);
            Range(schema, "guidance_scale", GenerationParameters.MinGuidanceScale, GenerationParameters.MaxGuidanceScale);
            Range(schema, "tempo", GenerationParameters.MinTempo, GenerationParameters.MaxTempo);
            OneOf(schema, "genre", MusicVocabulary.Genres);
            OneOf(schema, "mood", MusicVocabulary.Moods);
            OneOf(schema, "normalize", ["loudness", "peak", "none"]);
        }
        else if (type == typeof(RegisterRequest))
        {
            Length(schema, "email", 3, Email.MaxLength);
            Length(schema, "username", Username.MinLength, Username.MaxLength);
            Length(schema, "password", PasswordRules.MinLength, PasswordRules.MaxLength);
        }

        return Task.CompletedTask;
    }

    private static OpenApiSchema Of(OpenApiSchema schema, string property) =>
        schema.Properties?.TryGetValue(property, out var found) == true && found is OpenApiSchema own
            ? own
            : throw new InvalidOperationException($"The document has no property {property}.");

    private static void Length(OpenApiSchema schema, string property, int min, int max) =>
        (Of(schema, property).MinLength, Of(schema, property).MaxLength) = (min, max);

    private static void Range(OpenApiSchema schema, string property, double min, double max) =>
        (Of(schema, property).Minimum, Of(schema, property).Maximum) = (Text(min), Text(max));

    private static void Range(OpenApiSchema schema, string property, long min, long max) =>
        (Of(schema, property).Minimum, Of(schema, property).Maximum) = (Text(min), Text(max));

    private static void OneOf(OpenApiSchema schema, string property, IEnumerable<string> values) =>
        Of(schema, property).Enum = [.. values.Select(v => JsonValue.Create(v)!)];

    private static string Text(IFormattable number) => number.ToString(null, CultureInfo.InvariantCulture);
}
