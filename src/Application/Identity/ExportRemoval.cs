using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Generations;
using MusicGen.Application.Persistence;
using MusicGen.Domain.Generations;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity;

/// <summary>Removes exports: their work stops, then the file goes, then the row.</summary>
internal sealed class ExportRemoval(IMusicGenDbContext db, IExportFiles files, IGenerationLeases leases)
{
    /// <summary>What an export's worker holds while it writes: a lease as tasks have them, under the export's id.</summary>
    public static GenerationId LeaseOf(Guid export) => new(export);

    /// <returns>How many were removed.</returns>
    public async Task<int> RemoveAsync(Expression<Func<DataExport, bool>> which, CancellationToken ct)
    {
        var ids = await db.DataExports.Where(which).Select(e => e.Id).ToListAsync(ct);
        foreach (var id in ids)
        {
            await leases.RevokeAsync(LeaseOf(id), ct);
            await files.DeleteAsync(id, ct);
            await db.DataExports.Where(e => e.Id == id).ExecuteDeleteAsync(ct);
        }

        return ids.Count;
    }
}
