using Microsoft.Extensions.Logging;
using MusicGen.Infrastructure.Redis;

namespace MusicGen.Integration.Redis;

public sealed class EmbeddedRedisTests
{
    [Fact]
    public async Task Two_servers_run_side_by_side_each_on_its_own_port_and_start_without_a_word()
    {
        var one = Directory.CreateTempSubdirectory("musicgen-embedded-").FullName;
        var two = Directory.CreateTempSubdirectory("musicgen-embedded-").FullName;
        using var words = new Words();
        await using (var first = await EmbeddedRedis.StartAsync(one, words, CancellationToken.None))
        await using (var second = await EmbeddedRedis.StartAsync(two, words, CancellationToken.None))
        {
            Assert.NotEqual(first.EndPoint.Port, second.EndPoint.Port);
            Assert.NotEqual(first.Password, second.Password);
        }

        Assert.Empty(words.Said);
        Directory.Delete(one, recursive: true);
        Directory.Delete(two, recursive: true);
    }

    private sealed class Words : ILoggerFactory, ILogger
    {
        public List<string> Said { get; } = [];

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (Said)
                Said.Add(formatter(state, exception));
        }

        public void Dispose()
        {
        }
    }
}
