using MediatR;
using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;

namespace MusicGen.Application.Identity.ListExports;

/// <summary>The caller's exports that are kept or being made, the newest first.</summary>
public sealed record ListExportsQuery : IQuery<ExportList>;

public sealed record ExportList(IReadOnlyList<ExportView> Items);

internal sealed class ListExportsQueryHandler(IMusicGenDbContext db, ICurrentUser caller, TimeProvider time)
    : IRequestHandler<ListExportsQuery, Result<ExportList>>
{
    public async Task<Result<ExportList>> Handle(ListExportsQuery query, CancellationToken ct)
    {
        var (user, now) = (caller.Required, time.GetUtcNow());
        var exports = await db.DataExports.AsNoTracking()
            .Where(e => e.UserId == user && (e.ExpiresAt == null || e.ExpiresAt > now))
            .OrderByDescending(e => e.CreatedAt)
            .ToListAsync(ct);
        return new ExportList([.. exports.Select(ExportView.Of)]);
    }
}
