using Microsoft.AspNetCore.Mvc.Controllers;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using MusicGen.Domain.Identity;
using MusicGen.WebApi.Security;

namespace MusicGen.Integration.Edge;

/// <summary>Walks every endpoint that there is: one that doesn't say what a personal access token must have breaks the build.</summary>
public class TokenScopesOnEveryEndpointTests(EdgeApp edge)
{
    [Fact]
    public void Nothing_about_accounts_sessions_and_tokens_is_open_to_a_token_but_the_question_who_it_is()
    {
        var open = Actions("api/auth").Concat(Actions("api/v1/account")).Where(e => Scope(e) is not null).Select(Name);

        Assert.Equal(["GET api/auth/session"], open);
        Assert.Equal(TokenScopes.None, Scope(Actions("api/auth/session").Single(e => e.RoutePattern.RawText == "api/auth/session")));
    }

    [Fact]
    public void Everything_for_administrators_needs_the_scope_for_them()
    {
        var admin = Actions("api/v1/admin");

        Assert.NotEmpty(admin);
        Assert.All(admin, e => Assert.True(Scope(e) == TokenScopes.Admin, Name(e)));
    }

    [Fact]
    public void Everything_else_says_read_where_it_reads_and_generate_where_it_changes()
    {
        var music = Actions("api").Where(e => !Under(e, "api/auth") && !Under(e, "api/v1/account") && !Under(e, "api/v1/admin")).ToList();

        Assert.True(music.Count >= 12, "The walk found too little.");
        Assert.All(music, e => Assert.True(Scope(e) == (Reads(e) ? TokenScopes.Read : TokenScopes.Generate), Name(e)));
    }

    private List<RouteEndpoint> Actions(string under) =>
        [.. edge.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(e => e.Metadata.GetMetadata<ControllerActionDescriptor>() is not null && Under(e, under))];

    private static TokenScopes? Scope(RouteEndpoint endpoint) => endpoint.Metadata.GetMetadata<OpenToTokensAttribute>()?.Scope;

    private static bool Reads(RouteEndpoint endpoint) => Methods(endpoint).All(m => m is "GET" or "HEAD");

    private static IReadOnlyList<string> Methods(RouteEndpoint endpoint) => endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods;

    private static string Name(RouteEndpoint endpoint) => $"{Methods(endpoint)[0]} {endpoint.RoutePattern.RawText}";

    private static bool Under(RouteEndpoint endpoint, string path) =>
        endpoint.RoutePattern.RawText is { } route && (route == path || route.StartsWith(path + "/", StringComparison.Ordinal));
}
