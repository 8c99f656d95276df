using System.Text.RegularExpressions;

namespace MusicGen.Architecture;

/// <summary>docs/cryptography.md is the inventory: every use of cryptography in the source stands there with its place, and no other is made.</summary>
public sealed partial class CryptographyTests
{
    private static readonly string Document = File.ReadAllText(Path.Combine(Solution.Root, "docs", "cryptography.md"));

    [Fact]
    public void Every_use_of_cryptography_is_in_the_inventory_with_its_place_and_nothing_else_is()
    {
        var used = Sources.CSharp.SelectMany(f => Primitive().Matches(f.Value).Select(m => $"{f.Key}: {m.Value}")).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        var rows = Document.Split("## Inventory")[1].Split("\n## ")[0].Split('\n').Where(l => l.StartsWith("| ", StringComparison.Ordinal)).ToList();
        var listed = rows.SelectMany(r => Place().Matches(r).SelectMany(p => Quoted().Matches(r).Select(q => $"{p.Groups["file"].Value}: {q.Groups["name"].Value}")))
            .Where(u => Primitive().IsMatch(u[(u.IndexOf(": ", StringComparison.Ordinal) + 2)..])).Distinct(StringComparer.Ordinal).ToList();

        Assert.True(used.Count > 40, "The search found too little.");
        Assert.Equal(string.Empty, string.Join('\n', used.Except(listed, StringComparer.Ordinal))); // add a row for a new use
        Assert.Equal(string.Empty, string.Join('\n', listed.Except(used, StringComparer.Ordinal).Where(u => !IsShared(rows, u))));
    }

    // A namespace that brings cryptography is opened by files of the inventory only: a type that the pattern doesn't know can't slip in.
    [Fact]
    public void Files_that_open_a_namespace_of_cryptography_are_in_the_inventory()
    {
        var open = Sources.CSharp.Where(f => Namespace().IsMatch(f.Value)).Select(f => f.Key).Order(StringComparer.Ordinal).ToList();

        Assert.True(open.Count > 25, "The search found too little.");
        Assert.Equal(string.Empty, string.Join('\n', open.Where(f => !Document.Contains($"`{f}`", StringComparison.Ordinal))));
        Assert.Matches(Namespace(), "using NSec.Cryptography;");
    }

    [Theory]
    [InlineData("T:System.Security.Cryptography.SymmetricAlgorithm")]
    [InlineData("T:System.Security.Cryptography.Aes")]
    [InlineData("T:System.Security.Cryptography.DES")]
    [InlineData("T:System.Security.Cryptography.TripleDES")]
    [InlineData("T:System.Security.Cryptography.RC2")]
    [InlineData("T:System.Security.Cryptography.CipherMode")]
    [InlineData("T:System.Security.Cryptography.PaddingMode")]
    [InlineData("T:System.Security.Cryptography.MD5")]
    [InlineData("T:System.Security.Cryptography.SHA1")]
    [InlineData("T:System.Security.Cryptography.HMACSHA1")]
    [InlineData("T:System.Random")]
    public void What_is_weak_does_not_build(string symbol)
    {
        var banned = File.ReadAllLines(Path.Combine(Solution.Root, "eng", "BannedSymbols.txt"));

        Assert.Contains(banned, b => b.StartsWith($"{symbol};", StringComparison.Ordinal));
        Assert.Contains("<TreatWarningsAsErrors>true</TreatWarningsAsErrors>", File.ReadAllText(Path.Combine(Solution.Root, "Directory.Build.props")), StringComparison.Ordinal);
    }

    [Fact]
    public void The_ban_is_lifted_in_one_place()
    {
        Assert.Equal(["src/Infrastructure/Identity/PasswordFilter.cs: RS0030"], Sources.CSharp.Find(Lifted()));
        Assert.DoesNotContain("RS0030", File.ReadAllText(Path.Combine(Solution.Root, "Directory.Build.props")), StringComparison.Ordinal);
        Assert.Single(Regex.Matches(File.ReadAllText(Path.Combine(Solution.Root, ".editorconfig")), "RS0030")); // of the tests
    }

    [Fact]
    public void The_one_cipher_is_AES_GCM_with_a_random_nonce_in_one_place()
    {
        Assert.Equal(["src/Infrastructure/Identity/SecretKeys.cs"], Sources.CSharp.Where(f => Cipher().IsMatch(f.Value)).Select(f => f.Key));
        var source = Sources.CSharp["src/Infrastructure/Identity/SecretKeys.cs"];
        Assert.Single(Regex.Matches(source, @"\.Encrypt\("));
        Assert.Matches(@"RandomNumberGenerator\.Fill\(nonce\);\s+using var aes = new AesGcm\([^\n]+\);\s+aes\.Encrypt\(nonce,", source);
        Assert.Contains("NonceLength = 12", source, StringComparison.Ordinal);
        Assert.Contains("TagLength = 16", source, StringComparison.Ordinal);
    }

    /// <summary>Comparisons that look like one of a secret and are none; each says why.</summary>
    private static readonly Dictionary<string, string> Harmless = new(StringComparer.Ordinal)
    {
        ["src/Application/Auditing/SearchAuditTrail/SearchAuditTrailQuery.cs: e.EmailHash =="] = "a query: rows by the keyed hash of what an administrator typed",
        ["src/Application/Generations/GenerateMusic/GenerateMusicCommandHandler.cs: earlier.RequestHash =="] = "whether a repeated request is the same: its owner's own",
        ["src/Application/Identity/FactorCodes.cs: c.CodeHash =="] = "a query: the hash of 120 random bits",
        ["src/Application/Identity/Login/LoginCommand.cs: u.PasswordHash =="] = "a query: the stored value against itself, a moment later",
        ["src/Application/Identity/ResetPassword/ResetPasswordCommand.cs: r.TokenHash =="] = "a query: the hash of 256 random bits",
        ["src/Application/Identity/VerifyEmail/VerifyEmailCommand.cs: r.TokenHash =="] = "a query: the hash of 256 random bits",
        ["src/Infrastructure/Auditing/AuditHeadKeeper.cs: anew.Signature !="] = "whether a new signature differs from the stored one: nobody's input",
        ["src/Infrastructure/Auditing/AuditHeadKeeper.cs: hash =="] = "the chain's public hash",
        ["src/Infrastructure/Auditing/EfAuditTrail.cs: e.Hash =="] = "a query: the chain's public hash",
        ["src/Infrastructure/Auditing/AuditSeal.cs: signature =="] = "whether a new signature differs from the stored one: nobody's input",
        ["src/Infrastructure/Auditing/AuditVerifier.cs: Hash !="] = "the chain's public hash",
        ["src/Infrastructure/Auditing/AuditVerifier.cs: checkpoint.Hash =="] = "the chain's public hash",
        ["src/Infrastructure/Auditing/AuditVerifier.cs: entry.PreviousHash !="] = "the chain's public hash",
        ["src/Infrastructure/Backups/RowTransfer.cs: e.Hash =="] = "a query: the chain's public hash",
        ["src/Domain/Identity/Passkey.cs: Seal !="] = "both are ours: whether a row changes",
        ["src/Infrastructure/Sessions/PersonalTokenLoader.cs: t.TokenHash =="] = "a query: the hash of 160 random bits",
        ["src/WebApi/CommandLine/Models/ModelPull.cs: hash !="] = "a file's public hash",
    };

    [Fact]
    public void Secrets_are_compared_in_constant_time()
    {
        var found = Sources.CSharp.Find(Comparison()).Distinct(StringComparer.Ordinal).ToList();

        Assert.Equal(string.Empty, string.Join('\n', found.Except(Harmless.Keys, StringComparer.Ordinal)));
        Assert.Matches(Comparison(), "if (stored.TokenHash == hash)");
        Assert.Matches(Comparison(), "signature.SequenceEqual(expected)");
        Assert.Matches(Comparison(), "string.Equals(password, other)");
        Assert.DoesNotMatch(Comparison(), "token == null");
        Assert.True(Sources.CSharp.Values.Sum(t => Regex.Count(t, @"CryptographicOperations\.FixedTimeEquals")) >= 5, "The search found too few.");
    }

    // Several places in one row share the row's primitives.
    private static bool IsShared(List<string> rows, string use)
    {
        var file = use[..use.IndexOf(": ", StringComparison.Ordinal)];
        return rows.Where(r => r.Contains($"`{file}`", StringComparison.Ordinal)).Any(r => Place().Count(r) > 1);
    }

    [GeneratedRegex(@"\b(?:HKDF|HMACSHA\d+|HMACMD5|SHA1|SHA256|SHA384|SHA512|SHA3_\d+|MD5|IncrementalHash|HashAlgorithm|AesGcm|AesCcm|Aes|ChaCha20Poly1305|ECDsa|ECDiffieHellman|ECCurve|RSA|DSA|MLDsa|MLKem|RandomNumberGenerator|CryptographicOperations|CryptoStream|Rfc2898DeriveBytes|PasswordBasedKeyDerivationAlgorithm|Argon2Parameters|(?<=new |^)[TH]otp|SymmetricSecurityKey|SecurityAlgorithms\.\w+|X509Certificate2|SslStreamCertificateContext|ProtectedData|DataProtect\w*)(?=[\s.(){};,<>?\]]|$)")]
    private static partial Regex Primitive();

    [GeneratedRegex(@"using (?:static )?(?:System\.Security\.Cryptography(?:\.\w+)?|NSec\.Cryptography|OtpNet|Microsoft\.IdentityModel\.Tokens|Org\.BouncyCastle[\w.]*);")]
    private static partial Regex Namespace();

    [GeneratedRegex(@"`(?<file>src/[^`]+\.cs)`", RegexOptions.ExplicitCapture)]
    private static partial Regex Place();

    [GeneratedRegex(@"`(?<name>[A-Za-z0-9_.]+)`", RegexOptions.ExplicitCapture)]
    private static partial Regex Quoted();

    [GeneratedRegex("RS0030")]
    private static partial Regex Lifted();

    [GeneratedRegex(@"\b(?:AesGcm|AesCcm|ChaCha20Poly1305|Aes|CreateEncryptor|EncryptCbc|EncryptEcb|EncryptCfb)\(|\bAes\.Create")]
    private static partial Regex Cipher();

    [GeneratedRegex(
        @"\b[\w.]*(?:Hash|hash|Signature|signature|Secret|secret|Mac|mac|Password|password|Salt|salt|Seal|seal|Nonce|nonce|apiKey|ApiKey|CsrfToken|csrfToken)\s*(?:==|!=)\s*(?!null|default|string\.Empty|"""")"
        + @"|\b\w*(?:Hash|hash|Signature|signature|Secret|secret|Mac|mac|Password|password|Salt|salt)\w*\.(?:SequenceEqual|Equals)\("
        + @"|[sS]tring\.Equals\(\w*(?:ecret|assword|ignature|oken)\w*,")]
    private static partial Regex Comparison();
}
