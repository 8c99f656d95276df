using MusicGen.Domain;
using MusicGen.Domain.Identity;
using MusicGen.WebApi.Http;

namespace MusicGen.WebApi.Security;

/// <summary>
/// What a personal access token opens: actions that name a scope, to a token that has it. Whatever names none, as all that
/// deals with accounts, sessions and tokens, is closed to tokens: a stolen one must not become an account.
/// </summary>
internal sealed class TokenScopeRules(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (Caller.Of(context).PersonalToken is not { } token || context.GetEndpoint() is not { Metadata.Count: > 0 } endpoint)
            return next(context);
        return Refusal(endpoint, token.Scopes) is { } refusal
            ? Problems.WriteAsync(context, StatusCodes.Status403Forbidden, refusal)
            : next(context);
    }

    internal static Error? Refusal(Endpoint endpoint, TokenScopes scopes) => endpoint.Metadata.GetMetadata<OpenToTokensAttribute>() switch
    {
        null => IdentityErrors.TokenNotAllowed,
        { Scope: var scope } => scopes.HasFlag(scope) ? null : IdentityErrors.ScopeMissing,
    };
}

/// <summary>Opens an action to personal access tokens; a test walks every action.</summary>
/// <param name="scope">What the token must have; none for any living token.</param>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
internal sealed class OpenToTokensAttribute(TokenScopes scope) : Attribute
{
    public TokenScopes Scope { get; } = scope;
}
