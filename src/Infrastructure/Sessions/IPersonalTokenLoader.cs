using MusicGen.Domain.Identity;

namespace MusicGen.Infrastructure.Sessions;

/// <summary>Apart from its database so that the gate can be tried without one.</summary>
internal interface IPersonalTokenLoader
{
    /// <summary>Brings a token's row from the database to Redis.</summary>
    /// <returns>False when there is no such living token.</returns>
    Task<bool> LoadAsync(UserId user, string hash, CancellationToken ct);

    /// <summary>Notes in the database that a token was used; later, and off the request's way.</summary>
    void NoteUse(string hash);
}
