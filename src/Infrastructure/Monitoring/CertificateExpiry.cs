using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using MusicGen.Application.Pipeline;

namespace MusicGen.Infrastructure.Monitoring;

/// <summary>When what TLS rests on ends. Read whenever somebody asks, since certificates are loaded before anybody listens.</summary>
public static class CertificateExpiry
{
    private static readonly ConcurrentDictionary<string, long> Ends = new(StringComparer.Ordinal);

    static CertificateExpiry() => Telemetry.Meter.CreateObservableGauge(
        "musicgen.certificate.expiry",
        () => Ends.Select(e => new Measurement<long>(e.Value, new KeyValuePair<string, object?>("use", e.Key))),
        "s", "When a certificate in use ends, in seconds since 1970.");

    /// <param name="use">What for: server or redis_ca.</param>
    /// <param name="end">Of the one in force, in local time or UTC as it says of itself.</param>
    public static void Record(string use, DateTime end) => Ends[use] = new DateTimeOffset(end).ToUnixTimeSeconds();
}
