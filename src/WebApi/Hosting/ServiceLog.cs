using MusicGen.WebApi.Configuration;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Extensions.Logging;
using Serilog.Formatting.Compact;

namespace MusicGen.WebApi.Hosting;

/// <summary>The log: text for people in Development, compact JSON for collectors elsewhere. Bodies never enter it.</summary>
internal static class ServiceLog
{
    private const string Template = "{Timestamp:HH:mm:ss} [{Level:u3}] {Message:lj}{NewLine}{Exception}";

    // Libraries tell their own story at Information; ours is enough.
    private static readonly string[] Libraries = ["Microsoft", "System", "Hangfire", "StackExchange"];

    /// <param name="settings">LOG_LEVEL and LOG_FORMAT.</param>
    /// <param name="toError">For a command, whose output is its answer.</param>
    /// <param name="least">What is said where LOG_LEVEL says nothing.</param>
    public static Logger Create(ServiceSettings settings, bool toError = false, LogEventLevel least = LogEventLevel.Information)
    {
        var level = Enum.TryParse<LogEventLevel>(settings["Server:LogLevel"], out var named) ? named : least;
        var isJson = (settings["Server:LogFormat"] ?? (settings.Environment.IsDevelopment ? "text" : "json")) == "json";
        LogEventLevel? errorsFrom = toError ? LogEventLevel.Verbose : null;

        var log = new LoggerConfiguration().MinimumLevel.Is(level).Enrich.FromLogContext();
        foreach (var library in Libraries)
            log.MinimumLevel.Override(library, level > LogEventLevel.Warning ? level : level <= LogEventLevel.Debug ? level : LogEventLevel.Warning);
        // A start that fails ends in one line of StartFailure's; the host would tell it again with its whole stack.
        // Each probe that finds something would be told in a line of its own, and anybody may probe; the checks tell it themselves.
        if (level > LogEventLevel.Debug)
        {
            log.MinimumLevel.Override("Microsoft.Extensions.Hosting.Internal.Host", LogEventLevel.Fatal);
            log.MinimumLevel.Override("Microsoft.Extensions.Diagnostics.HealthChecks", LogEventLevel.Fatal);
        }

        // It warns of each start that goes back to its queue, which is nobody's fault.
        if (level > LogEventLevel.Debug && level < LogEventLevel.Error)
            log.MinimumLevel.Override("Hangfire.Server.Worker", LogEventLevel.Error);

        _ = isJson
            ? log.WriteTo.Console(new CompactJsonFormatter(), level, standardErrorFromLevel: errorsFrom)
            : log.WriteTo.Console(level, outputTemplate: Template, formatProvider: System.Globalization.CultureInfo.InvariantCulture, standardErrorFromLevel: errorsFrom);
        SecurityLog.AddTo(log, settings);
        return log.CreateLogger();
    }

    /// <summary>For what runs beside the application, as the embedded Redis: only what somebody must know.</summary>
    public static ILoggerFactory Quiet(Logger log) =>
        new SerilogLoggerFactory(new LoggerConfiguration().MinimumLevel.Warning().WriteTo.Logger(log).CreateLogger(), dispose: true);
}
