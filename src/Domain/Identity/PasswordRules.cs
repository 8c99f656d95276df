namespace MusicGen.Domain.Identity;

/// <summary>Bounds of a password by NIST SP 800-63B-4: long, of any characters, never trimmed or cut.</summary>
public static class PasswordRules
{
    public const int MinLength = 15;
    public const int MaxLength = 128;

    /// <summary>Why this password can't be taken for this person, or null.</summary>
    public static string? Refusal(string password, string email, string username)
    {
        foreach (var word in ContextWords(email, username))
        {
            if (word.Length >= 4 && password.Contains(word, StringComparison.OrdinalIgnoreCase)
                && password.Length - word.Length < 8)
            {
                return "It says little beyond your name, your e-mail address or this service's name.";
            }
        }

        return password.Distinct().Count() < 4 ? "It repeats too few characters." : null;
    }

    private static IEnumerable<string> ContextWords(string email, string username) =>
        [username, email, email.Split('@')[0], "musicgen"];
}
