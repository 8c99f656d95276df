using System.Text.RegularExpressions;

namespace MusicGen.Architecture;

/// <summary>No file of the repository holds what only its owner may know. Continuous integration runs it with the rest.</summary>
public sealed partial class SecretScanTests
{
    private static readonly string[] Folders = [".git", "bin", "obj", "data", "TestResults", "node_modules", "artifacts", "reference"];
    private static readonly string[] Binary = [".png", ".gz", ".snk", ".db", ".wav", ".ico"];

    // What stands for a password where one has to stand.
    private static readonly string[] Stand = ["PASSWORD", "password", "change-me", "secret", "xxx", "…", "***"];

    // Made up for tests of their shape; they open nothing.
    private static readonly string[] MadeUp =
    [
        "tests/Unit/Domain/Identity/PersonalTokenValueTests.cs: a personal access token",
        "tests/Integration/Identity/PersonalTokenTests.cs: a personal access token",
        "tests/Integration/Redis/RedisConnectionStringTests.cs: a password in a connection",
    ];

    [Fact]
    public void No_file_holds_a_secret()
    {
        var files = Files(new DirectoryInfo(Solution.Root)).ToList();

        Assert.True(files.Count > 500, $"Only {files.Count} files were found.");
        Assert.Equal(
            MadeUp.Order(StringComparer.Ordinal),
            files.SelectMany(f => Secrets(File.ReadAllText(f.FullName)).Select(kind => $"{Path.GetRelativePath(Solution.Root, f.FullName).Replace('\\', '/')}: {kind}")).Order(StringComparer.Ordinal));
    }

    // Put together here, so that the scan doesn't find them in this file.
    [Theory]
    [InlineData("a private key", "-----BEGIN PRIVATE", " KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg\n")]
    [InlineData("a private key", "-----BEGIN EC PRIVATE", " KEY-----\nMHcCAQEEIBx4f8v7h2k3l5m6n7p8q9r0s1t2u3v4w5x6y7z8\n")]
    [InlineData("a cloud key", "AKIA", "IOSFODNN7QWERTYU")]
    [InlineData("a GitHub token", "ghp_", "0123456789abcdefghijABCDEFGHIJ012345")]
    [InlineData("a model hub token", "hf_", "abcdefghijABCDEFGHIJabcdefghijABCD")]
    [InlineData("a personal access token", "mgp_", "AbCdEfGhIjKlMnOpQrStUvWxYz012345")]
    [InlineData("a JSON web token", "eyJhbGciOiJIUzI1NiJ9.", "eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U")]
    [InlineData("a password in a connection", "Server=db;User Id=sa;Password", "=Tr0ub4dor&3xyz;")]
    [InlineData("a password in a connection", "redis://default:", "9f8e7d6c5b4a3210@redis.internal:6379")]
    public void Each_kind_of_secret_is_found(string kind, string first, string second) => Assert.Equal([kind], Secrets($"some text\nkey = \"{first}{second}\"\n"));

    [Theory]
    [InlineData("Server=db;Database=MusicGen;User Id=music;Password=PASSWORD")]
    [InlineData("redis://musicgen:PASSWORD@redis.example.org:6379/0")]
    [InlineData("redis://[user:pass@]host:port")]
    [InlineData("-----BEGIN CERTIFICATE-----")]
    public void What_only_stands_for_a_secret_is_none(string text) => Assert.Empty(Secrets(text));

    private static IEnumerable<string> Secrets(string text)
    {
        if (PrivateKey().IsMatch(text))
            yield return "a private key";
        if (CloudKey().IsMatch(text))
            yield return "a cloud key";
        if (GitHubToken().IsMatch(text))
            yield return "a GitHub token";
        if (HubToken().IsMatch(text))
            yield return "a model hub token";
        if (PersonalToken().IsMatch(text))
            yield return "a personal access token";
        if (WebToken().IsMatch(text))
            yield return "a JSON web token";
        if (Connection().Matches(text).Concat(Url().Matches(text)).Any(m => !Stand.Any(s => m.Groups["secret"].Value.Contains(s, StringComparison.Ordinal))))
            yield return "a password in a connection";
    }

    private static IEnumerable<FileInfo> Files(DirectoryInfo folder) => folder.EnumerateFiles()
        .Where(f => !Binary.Contains(f.Extension, StringComparer.OrdinalIgnoreCase) && f.Length < 4 << 20 && f.Name != ".env")
        .Concat(folder.EnumerateDirectories().Where(d => !Folders.Contains(d.Name, StringComparer.Ordinal)).SelectMany(Files));

    [GeneratedRegex(@"-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/=]{20,}", RegexOptions.NonBacktracking)]
    private static partial Regex PrivateKey();

    [GeneratedRegex(@"\bAKIA[0-9A-Z]{16}\b", RegexOptions.NonBacktracking)]
    private static partial Regex CloudKey();

    [GeneratedRegex(@"\bgh[pousr]_[A-Za-z0-9]{36}\b", RegexOptions.NonBacktracking)]
    private static partial Regex GitHubToken();

    [GeneratedRegex(@"\bhf_[A-Za-z0-9]{30,}\b", RegexOptions.NonBacktracking)]
    private static partial Regex HubToken();

    [GeneratedRegex(@"\bmgp_[A-Za-z0-9_-]{24,}\b", RegexOptions.NonBacktracking)]
    private static partial Regex PersonalToken();

    [GeneratedRegex(@"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{20,}", RegexOptions.NonBacktracking)]
    private static partial Regex WebToken();

    [GeneratedRegex(@"(?:Password|Pwd)=(?<secret>[^;""'\s{}$<]{8,})", RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex Connection();

    [GeneratedRegex(@"\b(?:rediss?|amqps?|postgres|mongodb)://[A-Za-z0-9_-]*:(?<secret>[^@\s""'{}$<\]]{8,})@", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Url();
}
