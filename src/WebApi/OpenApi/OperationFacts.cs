using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc.Controllers;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using MusicGen.WebApi.Http;
using MusicGen.WebApi.Security;

namespace MusicGen.WebApi.OpenApi;

/// <summary>What the description says of each operation beyond its types: id, security, headers, and how it can fail.</summary>
internal static class OperationFacts
{
    private static readonly (string Name, string Description)[] CountedHeaders =
    [
        ("RateLimit-Policy", "The windows that hold (draft-ietf-httpapi-ratelimit-headers-10)."),
        ("RateLimit", "What is left of each, and the seconds until more."),
        ("X-RateLimit-Tier", "Whose numbers hold."),
        ("X-RateLimit-Minute-Limit", "Requests a minute."), ("X-RateLimit-Minute-Remaining", "Left."), ("X-RateLimit-Minute-Reset", "When more becomes available, in epoch seconds."),
        ("X-RateLimit-Hour-Limit", "Requests an hour."), ("X-RateLimit-Hour-Remaining", "Left."), ("X-RateLimit-Hour-Reset", "When more becomes available, in epoch seconds."),
        ("X-RateLimit-Day-Limit", "Requests a day."), ("X-RateLimit-Day-Remaining", "Left."), ("X-RateLimit-Day-Reset", "When more becomes available, in epoch seconds."),
    ];

    public static Task ApplyAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken ct)
    {
        if (context.Description.ActionDescriptor is not ControllerActionDescriptor action || context.Document is not { } document)
            return Task.CompletedTask;

        var metadata = action.EndpointMetadata;
        var isProtected = metadata.OfType<IAuthorizeData>().Any() && !metadata.OfType<IAllowAnonymous>().Any();
        var isUnsafe = context.Description.HttpMethod is "POST" or "PUT" or "PATCH" or "DELETE";
        var isCounted = context.Description.RelativePath?.StartsWith("api/", StringComparison.Ordinal) == true;
        var hasBody = action.Parameters.Any(p => p.BindingInfo?.BindingSource == BindingSource.Body);

        operation.OperationId = Id(action, context.Description.HttpMethod);
        if (isProtected)
            operation.Security = [Requirement(DocumentFacts.Cookie, document), Requirement(DocumentFacts.Bearer, document)];
        if (isUnsafe)
            (operation.Parameters ??= []).Add(CsrfHeader());

        AddHeaders(operation, isCounted);
        AddProblems(operation, document, Codes(isProtected, isUnsafe, isCounted, hasBody).Concat(metadata.OfType<RefusesAttribute>().SelectMany(r => r.Codes)));
        if (metadata.OfType<AuthorizeAttribute>().Any(a => a.Policy == Policies.Admin))
            AddProblems(operation, document, ["auth.forbidden"]);
        if (isProtected && !metadata.OfType<OpenBeforeSecondFactorAttribute>().Any())
            AddProblems(operation, document, ["auth.second_factor_required"]);
        return Task.CompletedTask;
    }

    private static IEnumerable<string> Codes(bool isProtected, bool isUnsafe, bool isCounted, bool hasBody)
    {
        string[] always = ["request.invalid", "request.host", "server.error", "service.unavailable"];
        IEnumerable<string> codes = always;
        if (isCounted)
            codes = codes.Append("rate_limit.exceeded");
        if (isProtected)
            codes = codes.Concat(["auth.required", "auth.token_invalid", "auth.session_ended"]);
        if (isUnsafe)
            codes = codes.Concat(["csrf.missing", "csrf.invalid", "csrf.cross_site"]);
        return hasBody ? codes.Concat(["request.too_large", "request.content_type"]) : codes;
    }

    private static void AddProblems(OpenApiOperation operation, OpenApiDocument document, IEnumerable<string> codes)
    {
        operation.Responses ??= [];
        foreach (var group in codes.GroupBy(c => ErrorCatalogue.StatusByCode[c]).OrderBy(g => g.Key))
        {
            var status = group.Key.ToString(CultureInfo.InvariantCulture);
            var list = string.Join(", ", group.Select(c => $"`{c}`"));
            if (operation.Responses.TryGetValue(status, out var present) && present is OpenApiResponse known)
            {
                known.Description = $"{known.Description}, {list}";
                continue;
            }

            operation.Responses[status] = new OpenApiResponse
            {
                Description = list,
                Headers = HeadersOf(group.Key),
                Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal)
                {
                    [Problems.ContentType] = new() { Schema = new OpenApiSchemaReference(DocumentFacts.Problem, document), Example = Example(group.First(), group.Key) },
                },
            };
        }
    }

    private static Dictionary<string, IOpenApiHeader> HeadersOf(int status)
    {
        var headers = new Dictionary<string, IOpenApiHeader>(StringComparer.Ordinal) { [RequestIds.Header] = Header("The request's id.") };
        if (status is 429 or 503)
            headers["Retry-After"] = Header("Whole seconds to wait.");
        if (status == 405)
            headers["Allow"] = Header("The methods that are taken.");
        return headers;
    }

    private static void AddHeaders(OpenApiOperation operation, bool isCounted)
    {
        foreach (var response in (operation.Responses ?? []).Where(r => r.Key[0] == '2').Select(r => r.Value).OfType<OpenApiResponse>())
        {
            response.Headers ??= new Dictionary<string, IOpenApiHeader>(StringComparer.Ordinal);
            response.Headers[RequestIds.Header] = Header("The request's id.");
            foreach (var (name, description) in isCounted ? CountedHeaders : [])
                response.Headers[name] = Header(description);
        }
    }

    private static OpenApiHeader Header(string description) =>
        new() { Description = description, Schema = new OpenApiSchema { Type = JsonSchemaType.String } };

    private static OpenApiParameter CsrfHeader() => new()
    {
        Name = CsrfRules.Header,
        In = ParameterLocation.Header,
        Required = false,
        Description = "The token of GET /api/auth/csrf-token; required unless the request carries Authorization: Bearer.",
        Schema = new OpenApiSchema { Type = JsonSchemaType.String },
    };

    private static OpenApiSecurityRequirement Requirement(string scheme, OpenApiDocument document) =>
        new() { [new OpenApiSecuritySchemeReference(scheme, document)] = [] };

    private static JsonObject Example(string code, int status) => new()
    {
        ["type"] = $"urn:problem:{code}",
        ["title"] = "Why, in words.",
        ["status"] = status,
        ["code"] = code,
        ["trace_id"] = "4bf92f3577b34da6a3ce929d0e0e4736",
    };

    // As in generations_get; a second method of one action says so.
    private static string Id(ControllerActionDescriptor action, string? method)
    {
        var name = $"{JsonNamingPolicy.SnakeCaseLower.ConvertName(action.ControllerName)}_{JsonNamingPolicy.SnakeCaseLower.ConvertName(action.ActionName)}";
        return method == "HEAD" ? $"{name}_head" : name;
    }
}
