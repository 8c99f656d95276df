using System.Text.Json.Nodes;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using MusicGen.WebApi.Http;

namespace MusicGen.WebApi.OpenApi;

/// <summary>What the description says of the service as a whole.</summary>
internal static class DocumentFacts
{
    public const string Problem = "Problem";
    public const string Cookie = "cookie";
    public const string Bearer = "bearer";

    /// <summary>The API's, as in its paths. The program's own is nobody's business who isn't its operator (ASVS 13.4.6).</summary>
    public const string ApiVersion = "v1";

    public static Task ApplyAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken ct)
    {
        document.Info = new OpenApiInfo
        {
            Title = "MusicGen",
            Version = ApiVersion,
            Description = "One sentence in, music out. Errors are RFC 9457 problems with a stable `code`. Browsers sign in by cookies and send "
                + "X-CSRF-Token with every unsafe request; scripts send an access token as `Authorization: Bearer` and need none.",
        };
        document.Servers = [new OpenApiServer { Url = "/" }];
        document.AddComponent<IOpenApiSecurityScheme>(Cookie, new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.ApiKey,
            In = ParameterLocation.Cookie,
            Name = "__Host-auth_token",
            Description = "The access token's cookie; auth_token in Development on localhost.",
        });
        document.AddComponent<IOpenApiSecurityScheme>(Bearer, new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.Http,
            Scheme = "bearer",
            BearerFormat = "JWT",
            Description = "The same access token, for programs.",
        });
        document.AddComponent<IOpenApiSchema>(Problem, ProblemSchema());
        return Task.CompletedTask;
    }

    private static OpenApiSchema ProblemSchema() => new()
    {
        Type = JsonSchemaType.Object,
        Description = "Why a request was refused (RFC 9457).",
        Required = new HashSet<string>(StringComparer.Ordinal) { "type", "title", "status", "code", "trace_id" },
        Properties = new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal)
        {
            ["type"] = Text("The code as a URN."),
            ["title"] = Text("For people."),
            ["status"] = new OpenApiSchema { Type = JsonSchemaType.Integer, Description = "The answer's status." },
            ["code"] = new OpenApiSchema
            {
                Type = JsonSchemaType.String,
                Description = "Stable and machine-readable.",
                Enum = [.. ErrorCatalogue.StatusByCode.Keys.Select(c => (JsonNode)JsonValue.Create(c)!)],
            },
            ["trace_id"] = Text("The answer's X-Request-ID."),
            ["errors"] = new OpenApiSchema
            {
                Type = JsonSchemaType.Object,
                Description = "What is wrong with which field, where fields are at fault.",
                AdditionalProperties = new OpenApiSchema { Type = JsonSchemaType.Array, Items = new OpenApiSchema { Type = JsonSchemaType.String } },
            },
        },
    };

    private static OpenApiSchema Text(string description) => new() { Type = JsonSchemaType.String, Description = description };
}
