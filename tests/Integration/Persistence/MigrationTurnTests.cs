using System.Data.Common;
using System.Net;
using Microsoft.Data.SqlClient;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using MusicGen.Infrastructure.Persistence;
using MusicGen.Integration.Support;
using MusicGen.Programs;
using MusicGen.WebApi.Hosting;

namespace MusicGen.Integration.Persistence;

/// <summary>One node migrates; the others wait, say so, and give up in the end.</summary>
public sealed class MigrationTurnTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_server_that_waits_for_another_nodes_migration_is_alive_and_not_ready()
    {
        var folder = Directory.CreateTempSubdirectory("musicgen-migrating-").FullName;
        File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var other = FolderLock.TryTake(Path.Combine(folder, "musicgen.db.migrating"))!;
        var address = new Uri($"http://127.0.0.1:{Ports.Free()}");
        var starting = ServerHost.StartAsync(new Dictionary<string, string> { ["ENVIRONMENT"] = "Development", ["MUSICGEN_DATA"] = folder, ["LOG_LEVEL"] = "Error" }, address.ToString(), Ct);
        using var client = new HttpClient { BaseAddress = address };

        Assert.Equal((HttpStatusCode.OK, "{\"status\":\"healthy\",\"checks\":{}}"), await AskAsync(client, "/health/live"));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "{\"status\":\"unhealthy\",\"checks\":{\"database\":\"migrating\"}}"), await AskAsync(client, "/health/ready"));
        var (status, problem) = await AskAsync(client, "/api/v1/models");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        Assert.Contains("\"code\":\"service.unavailable\"", problem, StringComparison.Ordinal);
        Assert.False(starting.IsCompleted);
        await other.DisposeAsync();

        await using (await starting)
            Assert.Equal(HttpStatusCode.OK, (await AskAsync(client, "/health/ready")).Status);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Whoever_waits_says_so_and_gives_up_after_the_stated_time()
    {
        await using var database = TestDatabase.OnDisk();
        using var log = new Lines();
        var clock = new Hurry();
        var node = database.Node(services => services.AddSingleton<ILoggerProvider>(log).AddSingleton<TimeProvider>(clock));
        await using var other = await TakeAsync(node);

        var refused = await Assert.ThrowsAsync<TimeoutException>(() => node.GetRequiredService<DatabaseInitializer>().MigrateAsync(Ct));

        Assert.Contains("for 10 minutes", Assert.Single(StartFailure.Describe(refused)!), StringComparison.Ordinal);
        Assert.InRange(log.Texts.Count(t => t.StartsWith("Another process migrates the database; waiting since", StringComparison.Ordinal)), 50, 61);
    }

    // A service's own user may write rows and change no table; the new version's first node is the one that finds out.
    [Theory]
    [InlineData(262, "CREATE TABLE permission denied in database 'musicgen'.")]
    [InlineData(229, "The SELECT permission was denied on the object '__EFMigrationsHistory', database 'musicgen', schema 'dbo'.")]
    [InlineData(4902, "Cannot find the object \"Users\" because it does not exist or you do not have permissions.")]
    public async Task Whoever_may_not_migrate_is_told_who_does_it(int number, string says)
    {
        await using var database = TestDatabase.OnDisk();
        var node = database.Node(services => services.ConfigureDbContext<SqliteMusicGenDbContext>(b => b.AddInterceptors(new Refusing(ServerErrors.Make(number, says)))));

        var refused = await Assert.ThrowsAsync<DatabaseRightsException>(() => node.GetRequiredService<DatabaseInitializer>().MigrateAsync(Ct));

        var line = Assert.Single(StartFailure.Describe(refused)!);
        Assert.Contains($"({says}). Run `migrate` of this version with a DATABASE_URL of the user who may", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_failure_of_the_server_keeps_its_words()
    {
        await using var database = TestDatabase.OnDisk();
        var node = database.Node(services => services.ConfigureDbContext<SqliteMusicGenDbContext>(b => b.AddInterceptors(new Refusing(ServerErrors.Make(9002, "The transaction log is full.")))));

        var failed = await Assert.ThrowsAsync<SqlException>(() => node.GetRequiredService<DatabaseInitializer>().MigrateAsync(Ct));

        Assert.Null(StartFailure.Describe(failed));
    }

    private static async Task<(HttpStatusCode Status, string Body)> AskAsync(HttpClient client, string path)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                using var answer = await client.GetAsync(path, Ct);
                return (answer.StatusCode, await answer.Content.ReadAsStringAsync(Ct));
            }
            catch (HttpRequestException) when (attempt < 100)
            {
                await Task.Delay(100, Ct);
            }
        }
    }

    private static async Task<IAsyncDisposable> TakeAsync(ServiceProvider node)
    {
        await using var scope = node.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<MusicGenDbContext>();
        var turn = await MigrationTurn.TryTakeAsync(db, Ct);
        Assert.Null(await MigrationTurn.TryTakeAsync(db, Ct));
        return turn!;
    }

    private sealed class Refusing(SqlException error) : DbCommandInterceptor
    {
        public override ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(
            DbCommand command, CommandEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default) =>
            command.CommandText.Contains("CREATE TABLE \"Users\"", StringComparison.Ordinal) ? throw error : ValueTask.FromResult(result);
    }

    /// <summary>A clock whose seconds pass whenever somebody waits for one.</summary>
    private sealed class Hurry : TimeProvider
    {
        private long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Interlocked.Read(ref _ticks);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Interlocked.Add(ref _ticks, dueTime.Ticks);
            return base.CreateTimer(callback, state, TimeSpan.Zero, period);
        }
    }

    private sealed class Lines : ILoggerProvider, ILogger
    {
        public List<string> Texts { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (Texts)
                Texts.Add(formatter(state, exception));
        }

        public void Dispose()
        {
        }
    }
}
