using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Persistence;

namespace MusicGen.Application.Identity;

/// <summary>Saves where two requests may well meet over one row.</summary>
internal static class Saving
{
    /// <summary>False when somebody else changed or removed a row first; nothing is saved then.</summary>
    public static async Task<bool> TrySaveAsync(this IMusicGenDbContext db, CancellationToken ct)
    {
        try
        {
            await db.SaveChangesAsync(ct);
            return true;
        }
        catch (DbUpdateConcurrencyException)
        {
            return false;
        }
    }
}
