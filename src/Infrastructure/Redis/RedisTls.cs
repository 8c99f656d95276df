using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MusicGen.Infrastructure.Monitoring;
using StackExchange.Redis;

namespace MusicGen.Infrastructure.Redis;

/// <summary>How a server of Redis, or a sentinel, proves who it is.</summary>
/// <param name="options">Of the address: protocols, a name of the certificate's own, whether revocation is looked up.</param>
/// <param name="caFile">The only authority, in PEM, whose word counts; null for those of the operating system.</param>
internal sealed class RedisTls(ConfigurationOptions options, string? caFile)
{
    private readonly X509Certificate2Collection? _authorities = Read(caFile);

    /// <param name="stream">To the server.</param>
    /// <param name="host">The name that its certificate must have.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <exception cref="System.Security.Authentication.AuthenticationException">It proves nothing.</exception>
    public async Task<Stream> ProtectAsync(Stream stream, string host, CancellationToken ct)
    {
        var protectedStream = new SslStream(stream, leaveInnerStreamOpen: false);
        await protectedStream.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = options.SslHost ?? host,
                EnabledSslProtocols = options.SslProtocols ?? System.Security.Authentication.SslProtocols.None,
                CertificateRevocationCheckMode = options.CheckCertificateRevocation ? X509RevocationMode.Online : X509RevocationMode.NoCheck,
                CertificateChainPolicy = _authorities is null ? null : OwnAuthority(_authorities),
            },
            ct);
        return protectedStream;
    }

    // An authority of one's own rarely publishes what it revoked.
    private static X509ChainPolicy OwnAuthority(X509Certificate2Collection authorities)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(authorities);
        return policy;
    }

    /// <summary>The authorities of a file.</summary>
    /// <exception cref="FormatException">It can't be read, or holds none; the message says so.</exception>
    public static X509Certificate2Collection ReadAuthorities(string caFile)
    {
        var authorities = new X509Certificate2Collection();
        try
        {
            authorities.ImportFromPemFile(caFile);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new FormatException($"{caFile} can't be read: {e.Message}", e);
        }

        return authorities.Count > 0 ? authorities : throw new FormatException($"{caFile} holds no CERTIFICATE in PEM.");
    }

    private static X509Certificate2Collection? Read(string? caFile)
    {
        if (caFile is null)
            return null;
        var authorities = ReadAuthorities(caFile);
        CertificateExpiry.Record("redis_ca", authorities.Min(a => a.NotAfter)); // of several, the first that ends
        return authorities;
    }
}
