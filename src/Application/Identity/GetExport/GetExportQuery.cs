using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity.GetExport;

/// <summary>How far one of the caller's exports is.</summary>
public sealed record GetExportQuery(string Id) : IQuery<ExportView>;

internal sealed class GetExportQueryValidator : AbstractValidator<GetExportQuery>
{
    public GetExportQueryValidator() => RuleFor(q => q.Id).NotEmpty();
}

internal sealed class GetExportQueryHandler(IMusicGenDbContext db, ICurrentUser caller, TimeProvider time)
    : IRequestHandler<GetExportQuery, Result<ExportView>>
{
    public async Task<Result<ExportView>> Handle(GetExportQuery query, CancellationToken ct)
    {
        var (user, now) = (caller.Required, time.GetUtcNow());
        return Guid.TryParseExact(query.Id, "D", out var id)
            && await db.DataExports.AsNoTracking()
                .SingleOrDefaultAsync(e => e.Id == id && e.UserId == user && (e.ExpiresAt == null || e.ExpiresAt > now), ct) is { } export
            ? ExportView.Of(export)
            : IdentityErrors.ExportNotFound;
    }
}
