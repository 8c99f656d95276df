namespace MusicGen.Domain.Identity;

/// <summary>An e-mail address in the one form that is stored, compared and counted.</summary>
public readonly record struct Email
{
    public const int MaxLength = 254;

    private const int MaxLocalLength = 64; // RFC 5321
    private const string Signs = "!#$%&'*+-/=?^_`{|}~"; // with letters and digits the atext of RFC 5322

    private Email(string value) => Value = value;

    public string Value { get; }

    /// <summary>
    /// Trims and lower-cases without a culture; the same text on every database, however it compares.
    /// </summary>
    /// <remarks>It takes any text, since an audit entry tells of addresses that are none; only ASCII ever becomes an account's.</remarks>
    public static Email Normalise(string text) => new(text.Trim().ToLowerInvariant());

    /// <summary>
    /// What every mail program takes: words of RFC 5322 joined by dots, an @, and a domain's labels, all in ASCII. Quoted
    /// words, comments and addresses in brackets are in the RFC as well, and nobody has them.
    /// </summary>
    public static bool IsWellFormed(string? text) =>
        text is { Length: <= MaxLength } && text.Split('@') is [{ Length: <= MaxLocalLength } local, var domain]
        && AreJoinedByDots(local, c => char.IsAsciiLetterOrDigit(c) || Signs.Contains(c, StringComparison.Ordinal))
        && AreJoinedByDots(domain, c => char.IsAsciiLetterOrDigit(c) || c == '-');

    public override string ToString() => Value ?? string.Empty;

    private static bool AreJoinedByDots(string text, Func<char, bool> isPart) =>
        Array.TrueForAll(text.Split('.'), word => word.Length > 0 && word.All(isPart));
}
