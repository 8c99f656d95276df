using Microsoft.Extensions.Logging;

namespace MusicGen.Infrastructure.Redis;

/// <summary>
/// Passes on what Garnet complains about, under one category. It narrates each start in twenty lines under categories
/// of many shapes, which no operator could silence by name.
/// </summary>
internal sealed class GarnetLoggers(ILoggerFactory loggers) : ILoggerFactory
{
    private readonly Complaints _complaints = new(loggers.CreateLogger("Garnet"));

    public ILogger CreateLogger(string categoryName) => _complaints;

    public void AddProvider(ILoggerProvider provider) => loggers.AddProvider(provider);

    public void Dispose()
    {
        // The factory inside is the host's.
    }

    private sealed class Complaints(ILogger logger) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => logger.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning && logger.IsEnabled(logLevel);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
                logger.Log(logLevel, eventId, state, exception, formatter);
        }
    }
}
