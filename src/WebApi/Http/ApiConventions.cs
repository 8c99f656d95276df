using System.Text.Json;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using MusicGen.Domain;
using MusicGen.WebApi.Controllers;

namespace MusicGen.WebApi.Http;

/// <summary>How the framework binds and refuses for us.</summary>
internal static class ApiConventions
{
    public static void Configure(MvcOptions options)
    {
        options.InputFormatters.Clear();
        options.InputFormatters.Add(new StrictJsonInputFormatter());
        options.Filters.Add<QueryRules>();
        options.Filters.Add<BodyRules>();
        options.SuppressImplicitRequiredAttributeForNonNullableReferenceTypes = true; // StrictJson knows
        options.AllowEmptyInputInBodyModelBinding = false;
        var messages = options.ModelBindingMessageProvider;
        messages.SetAttemptedValueIsInvalidAccessor((_, _) => "This value is not valid.");
        messages.SetNonPropertyAttemptedValueIsInvalidAccessor(_ => "This value is not valid.");
        messages.SetUnknownValueIsInvalidAccessor(_ => "This value is not valid.");
        messages.SetNonPropertyUnknownValueIsInvalidAccessor(() => "This value is not valid.");
        messages.SetValueIsInvalidAccessor(_ => "This value is not valid.");
        messages.SetValueMustBeANumberAccessor(_ => "This must be a number.");
        messages.SetNonPropertyValueMustBeANumberAccessor(() => "This must be a number.");
        messages.SetMissingRequestBodyRequiredValueAccessor(() => "A JSON object is required.");
    }

    public static void Configure(ApiBehaviorOptions options)
    {
        options.SuppressMapClientErrors = true;
        options.InvalidModelStateResponseFactory = context =>
            new ProblemResult(StatusCodes.Status400BadRequest, Error.Invalid(
                context.HttpContext.Features.Get<BodyFaults>()?.ByField ?? FieldsOf(context.ModelState)));
    }

    private static Dictionary<string, string[]> FieldsOf(ModelStateDictionary state) => state
        .Where(entry => entry.Value is { Errors.Count: > 0 })
        .GroupBy(entry => NameOf(entry.Key), StringComparer.Ordinal)
        .ToDictionary(g => g.Key, g => g.SelectMany(e => e.Value!.Errors).Select(e => e.ErrorMessage).Distinct(StringComparer.Ordinal).ToArray(), StringComparer.Ordinal);

    private static string NameOf(string key) =>
        key.Length == 0 ? StrictJson.Body : JsonNamingPolicy.SnakeCaseLower.ConvertName(key);
}
