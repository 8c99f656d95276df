using System.Text.Json;
using MusicGen.Domain.Auditing;
using MusicGen.Infrastructure;
using MusicGen.Infrastructure.Auditing;
using MusicGen.WebApi.Configuration;
using Serilog;
using Serilog.Configuration;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting;
using Serilog.Sinks.OpenTelemetry;

namespace MusicGen.WebApi.Hosting;

/// <summary>
/// SECURITY_LOG: every entry of the audit trail with an outcome, as JSON lines for an operator's collector, whatever
/// LOG_LEVEL says. docs/audit_events.md lists the fields.
/// </summary>
internal static class SecurityLog
{
    private const long LargestFile = 64 * 1024 * 1024;
    private const int KeptFiles = 10;

    /// <summary>Where the lines go: <c>stdout</c>, <c>file:PATH</c>, <c>otlp:URL</c>, several separated by commas.</summary>
    public static void AddTo(LoggerConfiguration log, ServiceSettings settings)
    {
        if (settings["Server:SecurityLog"] is not { } places)
            return;
        log.MinimumLevel.Override(AuditLines.Category, LogEventLevel.Information);
        foreach (var place in places.Split(','))
        {
            log.WriteTo.Logger(lines => To(
                lines.MinimumLevel.Information().Filter.ByIncludingOnly(IsRecord).WriteTo, place, settings.Environment.Name));
        }
    }

    /// <exception cref="FormatException">It is none of the three.</exception>
    public static string Check(string places)
    {
        var read = places.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        foreach (var place in read)
        {
            var isKnown = place == "stdout"
                || (place.StartsWith("file:", StringComparison.Ordinal) && place.Length > 5)
                || (place.StartsWith("otlp:", StringComparison.Ordinal) && Uri.TryCreate(place[5..], UriKind.Absolute, out var url) && url.Scheme is "http" or "https");
            if (!isKnown)
                throw new FormatException("must be stdout, file:PATH or otlp:URL, several separated by commas.");
        }

        return string.Join(',', read);
    }

    private static void To(LoggerSinkConfiguration lines, string place, string environment)
    {
        var rest = place[(place.IndexOf(':', StringComparison.Ordinal) + 1)..];
        if (place == "stdout")
            lines.Console(SecurityLine.Instance);
        else if (place.StartsWith("file:", StringComparison.Ordinal))
            lines.File(SecurityLine.Instance, rest, fileSizeLimitBytes: LargestFile, rollOnFileSizeLimit: true, retainedFileCountLimit: KeptFiles, hooks: new OwnerOnly());
        else
            lines.OpenTelemetry(options =>
            {
                options.Endpoint = rest;
                options.Protocol = IsHttp(new Uri(rest)) ? OtlpProtocol.HttpProtobuf : OtlpProtocol.Grpc;
                options.HttpMessageHandler = OutgoingHttp.To(new Uri(rest));
                options.ResourceAttributes = new Dictionary<string, object>(StringComparer.Ordinal)
                {
                    ["service.name"] = "musicgen",
                    ["deployment.environment.name"] = environment,
                };
            });
    }

    // The two usual ports tell which; so does a path, which gRPC has none of.
    private static bool IsHttp(Uri url) => url.Port == 4318 || url.AbsolutePath.Length > 1;

    private static bool IsRecord(LogEvent entry) =>
        entry.Properties.TryGetValue(Constants.SourceContextPropertyName, out var source)
        && source is ScalarValue { Value: string name } && name == AuditLines.Category
        && entry.Properties.ContainsKey("Outcome");

    /// <summary>A new file belongs to the service's user alone.</summary>
    private sealed class OwnerOnly : Serilog.Sinks.File.FileLifecycleHooks
    {
        public override Stream OnFileOpened(string path, Stream underlyingStream, System.Text.Encoding encoding)
        {
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            return underlyingStream;
        }
    }
}

/// <summary>One event as one line, with names that stay.</summary>
internal sealed class SecurityLine : ITextFormatter
{
    public static readonly SecurityLine Instance = new();

    private static readonly (string Field, string Property)[] Fields =
    [
        ("sequence", "Sequence"), ("action", "Action"), ("event", "EventName"), ("outcome", "Outcome"), ("reason", "Reason"), ("proof", "Proof"),
        ("actor", "Actor"), ("subject", "Subject"), ("address", "Address"), ("email_hash", "EmailHash"), ("trace_id", "TraceId"), ("correlation", "Correlation"),
    ];

    public void Format(LogEvent logEvent, TextWriter output)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("at", logEvent.Timestamp.UtcDateTime);
            foreach (var (field, property) in Fields)
            {
                json.WritePropertyName(field);
                switch (logEvent.Properties.TryGetValue(property, out var value) ? (value as ScalarValue)?.Value : null)
                {
                    case null:
                        json.WriteNullValue();
                        break;
                    case long number:
                        json.WriteNumberValue(number);
                        break;
                    case AuditOutcome outcome:
                        json.WriteStringValue(outcome.ToString().ToLowerInvariant());
                        break;
                    case var other:
                        json.WriteStringValue(Convert.ToString(other, System.Globalization.CultureInfo.InvariantCulture));
                        break;
                }
            }

            json.WriteEndObject();
        }

        output.WriteLine(System.Text.Encoding.UTF8.GetString(buffer.ToArray()));
    }
}
