using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using MusicGen.Infrastructure.Monitoring;
using MusicGen.WebApi.Configuration;

namespace MusicGen.WebApi.Hosting;

/// <summary>
/// The certificate of an https address: PEM files that whoever renews them replaces. A new pair is in force for the next
/// handshake, without a restart; while a pair doesn't fit together, as in the moment between the two, the old one serves on.
/// </summary>
internal sealed partial class ServerCertificate : IDisposable
{
    private static readonly TimeSpan LookedAtEvery = TimeSpan.FromSeconds(5);

    private readonly string _certificate;
    private readonly string _key;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _reading = new();
    private SslStreamCertificateContext _current;
    private (DateTime Certificate, DateTime Key) _stamp;
    private long _lookedAt;

    private ServerCertificate(string certificate, string key, TimeProvider time, ILogger logger)
    {
        (_certificate, _key, _time, _logger) = (certificate, key, time, logger);
        (_current, _stamp, _lookedAt) = (Read(), Stamp(), time.GetTimestamp());
    }

    /// <summary>The pair in force.</summary>
    public SslStreamCertificateContext Current
    {
        get
        {
            lock (_reading)
            {
                if (_time.GetElapsedTime(_lookedAt) < LookedAtEvery)
                    return _current;
                _lookedAt = _time.GetTimestamp();
                if (Stamp() is var stamp && stamp != _stamp)
                    Renew(stamp);
                return _current;
            }
        }
    }

    /// <summary>Reads the pair that the settings name; null where they name none.</summary>
    /// <exception cref="StartRefusedException">One of the two isn't there, or they don't fit together.</exception>
    public static ServerCertificate? Open(ServiceSettings settings, TimeProvider time, ILogger logger)
    {
        var (certificate, key) = (settings["Server:TlsCertificate"], settings["Server:TlsKey"]);
        if (certificate is null && key is null)
            return null;
        if (certificate is null || key is null)
            throw new StartRefusedException($"{(key is null ? "TLS_KEY_FILE" : "TLS_CERTIFICATE_FILE")}: is not set, although the other of the two is.");
        try
        {
            return new ServerCertificate(certificate, key, time, logger);
        }
        catch (Exception e) when (IsUnreadable(e))
        {
            throw new StartRefusedException($"TLS_CERTIFICATE_FILE, TLS_KEY_FILE: are no pair in PEM that can be read: {e.Message}", e);
        }
    }

    /// <summary>Makes a server's https addresses ask for it at every handshake, chain included, so that a renewal needs no restart.</summary>
    public void ApplyTo(KestrelServerOptions server) => server.ConfigureHttpsDefaults(https =>
    {
        https.ServerCertificate = Current.TargetCertificate;
        https.SslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13;
        https.OnAuthenticate = (_, handshake) =>
        {
            handshake.ServerCertificate = null;
            handshake.ServerCertificateSelectionCallback = null;
            handshake.ServerCertificateContext = Current;
            if (!OperatingSystem.IsWindows())
                handshake.CipherSuitesPolicy = TlsSuites.Policy;
        };
    });

    public void Dispose() => _current.TargetCertificate.Dispose();

    private void Renew((DateTime Certificate, DateTime Key) stamp)
    {
        try
        {
            _current = Read(); // the old one stays for handshakes under way
            _stamp = stamp;
            Log.Renewed(_logger, _current.TargetCertificate.NotAfter);
        }
        catch (Exception e) when (IsUnreadable(e))
        {
            Log.Unfit(_logger, e.Message);
        }
    }

    // The file's first certificate is the server's, the rest its chain.
    private SslStreamCertificateContext Read()
    {
        using var pair = X509Certificate2.CreateFromPemFile(_certificate, _key);
        var own = X509CertificateLoader.LoadPkcs12(pair.Export(X509ContentType.Pkcs12), password: null); // a key that Windows' TLS accepts, too
        var all = new X509Certificate2Collection();
        all.ImportFromPemFile(_certificate);
        CertificateExpiry.Record("server", own.NotAfter);
        return SslStreamCertificateContext.Create(own, [.. all.Skip(1)], offline: true);
    }

    private (DateTime Certificate, DateTime Key) Stamp() => (File.GetLastWriteTimeUtc(_certificate), File.GetLastWriteTimeUtc(_key));

    private static bool IsUnreadable(Exception e) => e is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException;

    private static partial class Log
    {
        [LoggerMessage(7140, LogLevel.Information, "A new TLS certificate is in force, until {Until}")]
        public static partial void Renewed(ILogger logger, DateTime until);

        [LoggerMessage(7141, LogLevel.Warning, "The new TLS certificate and key can't be used, so the old ones serve on: {Reason}")]
        public static partial void Unfit(ILogger logger, string reason);
    }
}
