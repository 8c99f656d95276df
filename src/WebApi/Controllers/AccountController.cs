using MediatR;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.Mvc;
using MusicGen.Application.Identity;
using MusicGen.Application.Identity.DeleteAccount;
using MusicGen.Application.Identity.DownloadExport;
using MusicGen.Application.Identity.ExportAccount;
using MusicGen.Application.Identity.GetExport;
using MusicGen.Application.Identity.ListExports;
using MusicGen.WebApi.Http;
using MusicGen.WebApi.Security;

namespace MusicGen.WebApi.Controllers;

/// <summary>People's data: all of it as a file, and its end.</summary>
[Route("api/v1/account"), Authorize]
[BodyLimit(16 * 1024)]
public sealed class AccountController(ISender sender, BrowserSession browser) : ApiController
{
    /// <summary>Asks for everything that the server holds of the caller, as one ZIP file; one at a time, asking again is answered with it.</summary>
    [HttpPost("export"), Refuses("auth.step_up_required")]
    [ProducesResponseType<ExportView>(StatusCodes.Status202Accepted)]
    public async Task<ActionResult<ExportView>> Export(CancellationToken ct)
    {
        var result = await sender.Send(new ExportAccountCommand(), ct);
        return result.IsSuccess ? Accepted($"/api/v1/account/export/{result.Value.Id}/status", result.Value) : Failure(result.Error);
    }

    /// <summary>The caller's exports that are kept or being made, the newest first.</summary>
    [HttpGet("export")]
    public async Task<ActionResult<ExportList>> Exports(CancellationToken ct) => Answer(await sender.Send(new ListExportsQuery(), ct));

    /// <summary>How far an export is.</summary>
    [HttpGet("export/{id}/status"), Refuses("export.not_found")]
    public async Task<ActionResult<ExportView>> ExportStatus(string id, CancellationToken ct) => Answer(await sender.Send(new GetExportQuery(id), ct));

    /// <summary>The file, whole or in ranges.</summary>
    [HttpGet("export/{id}"), DisableRequestTimeout, HttpHead("export/{id}")]
    [Refuses("export.not_found", "export.not_ready", "audio.range")]
    [Produces("application/zip", Type = typeof(Stream))]
    [ProducesResponseType<Stream>(StatusCodes.Status206PartialContent, "application/zip")]
    [ProducesResponseType(StatusCodes.Status304NotModified)]
    public async Task<ActionResult> Download(string id, CancellationToken ct)
    {
        var result = await sender.Send(new DownloadExportQuery(id), ct);
        if (!result.IsSuccess)
            return Failure(result.Error);
        Response.Headers.ContentDisposition = $"attachment; filename=\"musicgen-export-{result.Value.CompletedAt:yyyy-MM-dd}.zip\"";
        return new RangedResult(result.Value.Content, "application/zip", $"\"{result.Value.Sha256}\"");
    }

    /// <summary>Deletes the account and everything in it, at once and for good.</summary>
    [HttpPost("delete"), Refuses("auth.invalid_credentials", "auth.too_many_attempts", "user.last_admin")]
    public async Task<ActionResult<AccountDeleted>> Delete(DeleteAccountRequest body, CancellationToken ct)
    {
        var result = await sender.Send(new DeleteAccountCommand(body.Password, body.Code), ct);
        if (!result.IsSuccess)
            return Failure(result.Error);
        browser.SignOut(HttpContext);
        return new AccountDeleted(result.Value);
    }
}

/// <param name="Password">The account's password.</param>
/// <param name="Code">A code of the authenticator app or a recovery code, where there is a second factor and no step-up a moment ago.</param>
public sealed record DeleteAccountRequest(string Password, string? Code = null)
{
    public override string ToString() => nameof(DeleteAccountRequest); // keeps the secrets out of every log
}

/// <param name="Receipt">All that is left.</param>
public sealed record AccountDeleted(DeletionReceipt Receipt);
