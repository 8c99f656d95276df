namespace MusicGen.Domain.Identity;

/// <summary>A public name: 3 to 32 of <c>A-Za-z0-9_</c>, compared without case.</summary>
public static class Username
{
    public const int MinLength = 3;
    public const int MaxLength = 32;

    public static bool IsWellFormed(string? text) =>
        text is { Length: >= MinLength and <= MaxLength } && text.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');

    /// <summary>The form that is unique.</summary>
    public static string Key(string username) => username.ToLowerInvariant();
}
