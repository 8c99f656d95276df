namespace MusicGen.Application.Identity;

/// <summary>Something that is kept sealed under JWT_SECRET_KEY, so that a new secret must reach it before the old one can go.</summary>
public interface IResealable
{
    /// <summary>Seals under the present secret whatever lies under the previous one.</summary>
    /// <returns>How many were sealed anew.</returns>
    Task<int> ResealAsync(CancellationToken ct);
}
