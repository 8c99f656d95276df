using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity.DownloadExport;

/// <summary>The file of one of the caller's exports.</summary>
public sealed record DownloadExportQuery(string Id) : IQuery<ExportContent>;

/// <param name="Content">Seekable; the receiver disposes it.</param>
/// <param name="Sha256">Of the whole, in hexadecimal.</param>
/// <param name="CompletedAt">When it was made.</param>
public sealed record ExportContent(Stream Content, string Sha256, DateTimeOffset CompletedAt);

internal sealed class DownloadExportQueryValidator : AbstractValidator<DownloadExportQuery>
{
    public DownloadExportQueryValidator() => RuleFor(q => q.Id).NotEmpty();
}

internal sealed class DownloadExportQueryHandler(IMusicGenDbContext db, IExportFiles files, ICurrentUser caller, TimeProvider time)
    : IRequestHandler<DownloadExportQuery, Result<ExportContent>>
{
    public async Task<Result<ExportContent>> Handle(DownloadExportQuery query, CancellationToken ct)
    {
        var user = caller.Required;
        if (!Guid.TryParseExact(query.Id, "D", out var id)
            || await db.DataExports.AsNoTracking().SingleOrDefaultAsync(e => e.Id == id && e.UserId == user, ct) is not { } export)
            return IdentityErrors.ExportNotFound;
        if (export.IsOpen)
            return IdentityErrors.ExportNotReady;
        if (export is not { Status: ExportStatus.Completed, CompletedAt: { } at } || export.ExpiresAt <= time.GetUtcNow())
            return IdentityErrors.ExportNotFound;
        var content = await files.OpenAsync(id, ct);
        return content.IsSuccess ? new ExportContent(content.Value, export.Sha256, at) : content.Error;
    }
}
