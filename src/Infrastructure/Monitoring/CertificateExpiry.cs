using System.Diagnostics.Metrics;
using System.Security.Cryptography.X509Certificates;
using MusicGen.Application.Pipeline;

namespace MusicGen.Infrastructure.Monitoring;

/// <summary>When what TLS rests on ends: as a moment, which stays right however seldom it is told.</summary>
public static class CertificateExpiry
{
    private static readonly Gauge<double> Expiry =
        Telemetry.Meter.CreateGauge<double>("musicgen.certificate.expiry", "s", "When a certificate in use ends, in seconds since 1970.");

    /// <param name="use">What for: server or redis_ca.</param>
    /// <param name="certificate">The one in force.</param>
    public static void Record(string use, X509Certificate2 certificate) =>
        Expiry.Record(new DateTimeOffset(certificate.NotAfter).ToUnixTimeSeconds(), new KeyValuePair<string, object?>("use", use));
}
