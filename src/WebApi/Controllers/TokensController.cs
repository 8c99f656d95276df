using MediatR;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using MusicGen.Application.Identity.CreatePersonalAccessToken;
using MusicGen.Application.Identity.ListPersonalAccessTokens;
using MusicGen.Application.Identity.RevokePersonalAccessToken;
using MusicGen.WebApi.Http;

namespace MusicGen.WebApi.Controllers;

/// <summary>The caller's personal access tokens, for scripts.</summary>
[Route("api/auth/tokens"), Authorize]
[BodyLimit(16 * 1024)]
public sealed class TokensController(ISender sender) : ApiController
{
    /// <summary>Makes one; its value is in this answer and never again. Needs a step-up.</summary>
    [HttpPost, Refuses("auth.step_up_required", "auth.forbidden", "token.limit")]
    [ProducesResponseType<TokenCreated>(StatusCodes.Status201Created)]
    public async Task<ActionResult<TokenCreated>> Create(CreateTokenRequest body, CancellationToken ct)
    {
        var result = await sender.Send(new CreatePersonalAccessTokenCommand(body.Name, body.Scopes, body.ExpiresInDays, body.RateLimitMinute), ct);
        return result.IsSuccess ? StatusCode(StatusCodes.Status201Created, TokenCreated.Of(result.Value)) : Failure(result.Error);
    }

    /// <summary>The living ones, the newest first.</summary>
    [HttpGet]
    public async Task<ActionResult<PersonalTokenList>> List(CancellationToken ct) => Answer(await sender.Send(new ListPersonalAccessTokensQuery(), ct));

    /// <summary>Ends one, at once and everywhere.</summary>
    [HttpDelete("{id}"), Refuses("token.not_found")]
    [ProducesResponseType(StatusCodes.Status204NoContent)]
    public async Task<ActionResult> Revoke(string id, CancellationToken ct)
    {
        var result = await sender.Send(new RevokePersonalAccessTokenCommand(id), ct);
        return result.IsSuccess ? NoContent() : Failure(result.Error);
    }
}

/// <param name="Name">1 to 64 characters.</param>
/// <param name="Scopes">Of generate (make, cancel and delete music), read (tasks, audio, models, quota) and admin (for administrators, while they are).</param>
/// <param name="ExpiresInDays">1 to 365.</param>
/// <param name="RateLimitMinute">Requests a minute of this token, within its user's limits.</param>
public sealed record CreateTokenRequest(string Name, IReadOnlyList<string> Scopes, int ExpiresInDays, int? RateLimitMinute = null);

/// <param name="Id">A UUID.</param>
/// <param name="Name">The owner's.</param>
/// <param name="Scopes">What it opens.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="ExpiresAt">Its end.</param>
/// <param name="LastUsedAt">Never yet.</param>
/// <param name="RateLimitMinute">Its own limit, or none.</param>
/// <param name="Token">The value: keep it, it isn't shown again.</param>
public sealed record TokenCreated(
    string Id, string Name, IReadOnlyList<string> Scopes, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt, DateTimeOffset? LastUsedAt,
    int? RateLimitMinute, string Token)
{
    public override string ToString() => nameof(TokenCreated); // keeps the value out of every log

    internal static TokenCreated Of(PersonalTokenMade made)
    {
        var t = made.Token;
        return new TokenCreated(t.Id, t.Name, t.Scopes, t.CreatedAt, t.ExpiresAt, t.LastUsedAt, t.RateLimitMinute, made.Value);
    }
}
