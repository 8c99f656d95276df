namespace MusicGen.Infrastructure.Identity;

/// <summary>A larger list than the one that comes along.</summary>
public sealed class BreachedPasswordsOptions
{
    public const string Section = "BreachedPasswords";

    /// <summary>BREACHED_PASSWORDS_FILE: a filter as <c>passwords build</c> makes it; null for none.</summary>
    public string? File { get; init; }
}
