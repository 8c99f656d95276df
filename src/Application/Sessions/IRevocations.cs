namespace MusicGen.Application.Sessions;

/// <summary>What was ended before its time, as the database remembers it for a Redis that comes back a moment old.</summary>
public interface IRevocations
{
    /// <summary>Removes the rows whose subject would be over by now anyway.</summary>
    /// <returns>How many.</returns>
    Task<int> RemoveExpiredAsync(CancellationToken ct);
}
