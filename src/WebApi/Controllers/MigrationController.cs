using System.Text.Json.Serialization;
using MediatR;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using MusicGen.Application.Identity;
using MusicGen.Application.Identity.Migrate;
using MusicGen.Application.Sessions;
using MusicGen.Domain;
using MusicGen.WebApi.Http;
using MusicGen.WebApi.Security;

namespace MusicGen.WebApi.Controllers;

/// <summary>From the original service's tokens in localStorage to a session with cookies, for as long as the operator allows.</summary>
[Route("api/auth/migrate")]
[BodyLimit(16 * 1024)]
public sealed class MigrationController(ISender sender, BrowserSession browser) : ApiController
{
    /// <summary>Exchanges a pair of tokens, once. An account with a second factor is asked for it first.</summary>
    [HttpPost, AllowAnonymous, SetsCookies, WhileMigrationIsOpen, StrictLimited(StrictLimit.Recovery)]
    [Refuses("auth.token_invalid", "route.not_found")]
    public async Task<ActionResult<LoginResponse>> Migrate(MigrateRequest body, CancellationToken ct)
    {
        var result = await sender.Send(body.ToCommand(), ct);
        return result.IsSuccess
            ? await SignInAnswers.OfAsync(browser, HttpContext, (Result<LoginAnswer>)result.Value.Answer)
            : Failure(result.Error);
    }
}

/// <summary>The original's clients wrote camelCase; both spellings are read.</summary>
/// <param name="AccessToken">It may have expired.</param>
/// <param name="RefreshToken">It must live, and is spent.</param>
/// <param name="AccessTokenCamel">The same as access_token.</param>
/// <param name="RefreshTokenCamel">The same as refresh_token.</param>
public sealed record MigrateRequest(
    string? AccessToken = null,
    string? RefreshToken = null,
    [property: JsonPropertyName("accessToken")] string? AccessTokenCamel = null,
    [property: JsonPropertyName("refreshToken")] string? RefreshTokenCamel = null)
{
    public override string ToString() => nameof(MigrateRequest); // keeps the tokens out of every log

    internal MigrateCommand ToCommand() => new(AccessToken ?? AccessTokenCamel ?? string.Empty, RefreshToken ?? RefreshTokenCamel ?? string.Empty);
}
