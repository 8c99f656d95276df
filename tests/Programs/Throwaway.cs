using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MusicGen.Programs;

/// <summary>An authority that lives as long as a run, and a certificate of it for names of this machine.</summary>
internal static class Throwaway
{
    /// <summary>A handler that trusts the authority of a folder and, for others than its names, nobody.</summary>
    public static SocketsHttpHandler Trusting(string folder) => new()
    {
        AllowAutoRedirect = false,
        SslOptions =
        {
            CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                CustomTrustStore = { X509CertificateLoader.LoadCertificateFromFile(Path.Combine(folder, "ca.pem")) },
                RevocationMode = X509RevocationMode.NoCheck,
            },
        },
    };

    /// <summary>Writes <c>ca.pem</c>, <c>fullchain.pem</c>, <c>privkey.pem</c> and, both in one, <c>music.pem</c>.</summary>
    public static void Write(string folder, params string[] names)
    {
        var now = DateTimeOffset.UtcNow;
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var authority = new CertificateRequest("CN=MusicGen for one run", authorityKey, HashAlgorithmName.SHA256);
        authority.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        authority.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        using var root = authority.CreateSelfSigned(now.AddDays(-1), now.AddDays(2));

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={names[0]}", key, HashAlgorithmName.SHA256);
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (var name in names)
            alternatives.AddDnsName(name);
        alternatives.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(alternatives.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")], false)); // the latter for servers of Redis among themselves
        using var certificate = request.Create(root, now.AddDays(-1), now.AddDays(1), RandomNumberGenerator.GetBytes(8));

        var (chain, secret) = (certificate.ExportCertificatePem() + "\n", key.ExportPkcs8PrivateKeyPem() + "\n");
        File.WriteAllText(Path.Combine(folder, "ca.pem"), root.ExportCertificatePem() + "\n");
        File.WriteAllText(Path.Combine(folder, "fullchain.pem"), chain);
        File.WriteAllText(Path.Combine(folder, "privkey.pem"), secret);
        File.WriteAllText(Path.Combine(folder, "music.pem"), chain + secret);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(Path.Combine(folder, "privkey.pem"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }
}
