namespace MusicGen.WebApi.Configuration;

/// <summary>
/// Placeholders, which are never a real setting: in Development they count as unset, elsewhere they refuse the start.
/// Each sample of <c>.env.example</c> holds <see cref="Mark"/>.
/// </summary>
internal static class SampleValues
{
    public const string Mark = "change-me";

    // What the original service shipped and what people copy from tutorials.
    private static readonly string[] KnownSecrets =
    [
        "your-secret-key", "your_secret_key", "your-csrf-secret", "your-session-secret", "your-super-secret", "super-secret", "change-in-production", "change_in_production",
        "change-this", "changeme", "change_me", "development-secret", "dev-secret", "test-secret", "example-secret", "replace-me", "replace_me",
    ];

    public static bool IsSample(string value) => value.Contains(Mark, StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether a text that should be a secret is a known one, or hardly random at all.</summary>
    public static bool IsKnownSecret(string secret) =>
        IsSample(secret)
        || Array.Exists(KnownSecrets, k => secret.Contains(k, StringComparison.OrdinalIgnoreCase))
        || secret.Distinct().Count() < 8;
}
