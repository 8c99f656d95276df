using MediatR;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.Mvc;
using MusicGen.Application.Auditing;
using MusicGen.Application.Auditing.SearchAuditTrail;
using MusicGen.Application.Auditing.VerifyAuditTrail;
using MusicGen.Application.Identity;
using MusicGen.Application.Identity.DisableUser;
using MusicGen.Application.Identity.EnableUser;
using MusicGen.Application.Identity.EndSessions;
using MusicGen.Application.Identity.ListUsers;
using MusicGen.Application.Identity.RemoveFactors;
using MusicGen.Application.Identity.SetRole;
using MusicGen.Application.Identity.SetTier;
using MusicGen.Domain;
using MusicGen.Domain.Identity;
using MusicGen.WebApi.Http;
using MusicGen.WebApi.Security;

namespace MusicGen.WebApi.Controllers;

/// <summary>For administrators.</summary>
[Route("api/v1/admin"), Authorize(Policy = Policies.Admin), OpenToTokens(TokenScopes.Admin)]
public sealed class AdminController(ISender sender) : ApiController
{
    /// <summary>Accounts by username.</summary>
    /// <param name="limit">1 to 100; 20 when absent.</param>
    /// <param name="cursor">The earlier page's next_cursor.</param>
    /// <param name="q">Part of a username or e-mail address; everybody when absent.</param>
    /// <param name="ct">Cancels.</param>
    [HttpGet("users")]
    public async Task<ActionResult<UsersPage>> Users(int? limit, string? cursor, string? q, CancellationToken ct) =>
        Answer(await sender.Send(new ListUsersQuery(limit ?? ListUsersQuery.DefaultLimit, cursor, q), ct));

    /// <summary>Changes an account, in force on the user's next request.</summary>
    [HttpPatch("users/{id}"), Refuses("user.not_found", "user.last_admin", "auth.step_up_required")]
    public async Task<ActionResult<UserChanged>> Change(string id, ChangeUserRequest body, CancellationToken ct)
    {
        if (!UserId.TryParse(id, out _))
            return Failure(IdentityErrors.UserNotFound);
        if (body.Fault is { } fault)
            return Failure(fault);
        AccountView? user = null;
        foreach (var command in body.CommandsFor(id))
        {
            var result = await sender.Send(command, ct);
            if (!result.IsSuccess)
                return Failure(result.Error);
            user = result.Value;
        }

        var ended = body.EndSessions == true ? await sender.Send(new EndSessionsCommand(id), ct) : null;
        return ended is { IsSuccess: false } ? Failure(ended.Error) : new UserChanged(user, ended?.Value.Revoked);
    }

    /// <summary>Entries of the audit trail, the latest first.</summary>
    /// <param name="query">What to look for.</param>
    /// <param name="ct">Cancels.</param>
    [HttpGet("audit")]
    public async Task<ActionResult<AuditPage>> Audit([FromQuery(Name = "")] AuditSearch query, CancellationToken ct) =>
        Answer(await sender.Send(query.ToQuery(), ct));

    /// <summary>Walks the whole trail and says whether it is as it was written.</summary>
    [HttpPost("audit/verify"), DisableRequestTimeout]
    public async Task<ActionResult<AuditVerification>> VerifyAudit(CancellationToken ct) =>
        Answer(await sender.Send(new VerifyAuditTrailCommand(), ct));
}

/// <param name="Role">user or admin.</param>
/// <param name="Tier">free, premium (or pro) or enterprise.</param>
/// <param name="Disabled">Whether the account is shut; its sessions end.</param>
/// <param name="EndSessions">Ends every session of the user.</param>
/// <param name="RemoveFactors">Takes all second factors from the user; needs a step-up.</param>
public sealed record ChangeUserRequest(
    string? Role = null, string? Tier = null, bool? Disabled = null, bool? EndSessions = null, bool? RemoveFactors = null)
{
    /// <summary>Known before anything is changed, so that a request is done whole or not at all.</summary>
    internal Error? Fault => this switch
    {
        { Role: { } role } when !RoleNames.TryParse(role, out _) => Error.Invalid("role", "Choose user or admin."),
        { Tier: { } tier } when !TierNames.TryParse(tier, out _) => Error.Invalid("tier", "Choose free, premium or enterprise."),
        { Role: null, Tier: null, Disabled: null, EndSessions: null, RemoveFactors: null } =>
            Error.Invalid("body", "Name what to change: role, tier, disabled, end_sessions or remove_factors."),
        _ => null,
    };

    internal IEnumerable<IRequest<Result<AccountView>>> CommandsFor(string id)
    {
        // What may be refused goes first, so that nothing is half done: without a step-up nothing is changed, and an account
        // that is being deleted isn't opened again.
        if (RemoveFactors == true)
            yield return new RemoveFactorsCommand(id, EndsAdmin: Disabled == true || (RoleNames.TryParse(Role, out var role) && role != Domain.Identity.Role.Admin));
        if (Disabled == false)
            yield return new EnableUserCommand(id);
        if (Role is not null)
            yield return new SetRoleCommand(id, Role);
        if (Disabled == true)
            yield return new DisableUserCommand(id);
        if (Tier is not null)
            yield return new SetTierCommand(id, Tier);
    }
}

/// <param name="User">The account as it is now; null where only sessions were ended.</param>
/// <param name="SessionsEnded">How many; null where that wasn't asked for.</param>
public sealed record UserChanged(AccountView? User, int? SessionsEnded);

/// <summary>What to look for in the trail; what is absent isn't asked for.</summary>
public sealed record AuditSearch
{
    /// <summary>A user's id, operator:NAME, system or anonymous.</summary>
    [FromQuery(Name = "actor")]
    public string? Actor { get; init; }

    /// <summary>As in identity.login, or the original service's name of the event.</summary>
    [FromQuery(Name = "action")]
    public string? Action { get; init; }

    /// <summary>attempted, succeeded, denied or failed.</summary>
    [FromQuery(Name = "outcome")]
    public string? Outcome { get; init; }

    [FromQuery(Name = "since")]
    public DateTimeOffset? Since { get; init; }

    /// <summary>Entries before that moment.</summary>
    [FromQuery(Name = "until")]
    public DateTimeOffset? Until { get; init; }

    /// <summary>As in session:ID or user:ID, exactly.</summary>
    [FromQuery(Name = "subject")]
    public string? Subject { get; init; }

    /// <summary>A client address, exactly.</summary>
    [FromQuery(Name = "address")]
    public string? Address { get; init; }

    /// <summary>An e-mail address, found by its keyed hash.</summary>
    [FromQuery(Name = "email")]
    public string? Email { get; init; }

    /// <summary>1 to 200; 50 when absent.</summary>
    [FromQuery(Name = "limit")]
    public int? Limit { get; init; }

    [FromQuery(Name = "cursor")]
    public string? Cursor { get; init; }

    internal SearchAuditTrailQuery ToQuery() => new()
    {
        Actor = Actor,
        Action = Action,
        Outcome = Outcome,
        Since = Since,
        Until = Until,
        Subject = Subject,
        Address = Address,
        Email = Email,
        Limit = Limit ?? SearchAuditTrailQuery.DefaultLimit,
        Cursor = Cursor,
    };
}
