using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace MusicGen.WebApi.Security;

/// <summary>
/// No scheme by default. The web application adds the framework's authentication by itself, which would run the bearer handler
/// on each request and let a token speak for somebody before its session is looked at; the session check asks for the handler
/// by name, once a token.
/// </summary>
internal sealed class SchemesByName(IOptions<AuthenticationOptions> options) : AuthenticationSchemeProvider(options)
{
    public override Task<AuthenticationScheme?> GetDefaultAuthenticateSchemeAsync() => Task.FromResult<AuthenticationScheme?>(null);
}
