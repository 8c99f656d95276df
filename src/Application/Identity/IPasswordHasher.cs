using MusicGen.Domain;

namespace MusicGen.Application.Identity;

/// <summary>Slow hashes, in bounded number at once: beyond that the answer is <c>service.unavailable</c> with Retry-After.</summary>
public interface IPasswordHasher
{
    Task<Result<string>> HashAsync(string password, CancellationToken ct);

    /// <summary>Compares; with no hash it does the same work against a dummy and answers no, so time tells nothing.</summary>
    Task<Result<PasswordMatch>> VerifyAsync(string? hash, string password, CancellationToken ct);
}

/// <param name="IsMatch">Whether it is the password.</param>
/// <param name="NeedsRehash">Whether the hash was made with settings that are no longer today's.</param>
public sealed record PasswordMatch(bool IsMatch, bool NeedsRehash);
