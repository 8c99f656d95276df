namespace MusicGen.Domain.Identity;

/// <summary>An e-mail address in the one form that is stored, compared and counted.</summary>
public readonly record struct Email
{
    public const int MaxLength = 254;

    private Email(string value) => Value = value;

    public string Value { get; }

    /// <summary>
    /// Trims and lower-cases without a culture; the same text on every database, however it compares.
    /// </summary>
    public static Email Normalise(string text) => new(text.Trim().Normalize().ToLowerInvariant());

    /// <summary>One @ with something on both sides, no blanks or control characters, at most 254 characters.</summary>
    public static bool IsWellFormed(string? text)
    {
        if (string.IsNullOrWhiteSpace(text) || text.Length > MaxLength)
            return false;
        var at = text.IndexOf('@', StringComparison.Ordinal);
        return at > 0 && at <= 64 && at == text.LastIndexOf('@') && at < text.Length - 1
            && text[^1] != '.' && text[at + 1] != '.'
            && !text.Any(c => char.IsWhiteSpace(c) || char.IsControl(c) || c is '<' or '>' or '"' or ',' or ';' or '(' or ')' or '\\')
            && text.All(char.IsAscii);
    }

    public override string ToString() => Value ?? string.Empty;
}
