using System.Globalization;
using System.Net;
using Microsoft.Data.Sqlite;
using MusicGen.Infrastructure.Redis;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Edge;

/// <summary>A database that takes nothing: who comes first waits as long as a busy one may take, all others hear so at once.</summary>
public class DatabaseOutageTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task While_somebody_else_holds_the_database_changes_are_refused_reads_go_on_and_it_ends_by_itself()
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable("MUSICGEN_TEST_SQLSERVER") is { Length: > 0 }, "SQLite's lock is held.");
        await using var app = await MusicGenApp.StartAsync();
        using var browser = await app.RegisterAsync();
        await using var other = new SqliteConnection($"Data Source={Path.Combine(app.Folder, "musicgen.db")}");
        await other.OpenAsync(Ct);
        await SqlAsync(other, "BEGIN IMMEDIATE");

        var first = browser.GenerateAsync(new { prompt = "slow piano", duration = 1 });
        await Task.Delay(TimeSpan.FromSeconds(3), Ct);
        using (var second = await browser.GenerateAsync(new { prompt = "slow piano", duration = 1 }))
        {
            Assert.False(first.IsCompleted, "The second one waited behind the first.");
            await MustBeOutageAsync(second);
        }

        using (var read = await browser.GetAsync("/api/v1/generate"))
        {
            await read.MustBeAsync(HttpStatusCode.OK);
            Assert.Empty((await read.JsonAsync())["items"]!.AsArray());
        }

        using (var ready = await browser.GetAsync("/health/ready"))
        {
            await ready.MustBeAsync(HttpStatusCode.ServiceUnavailable);
            Assert.Equal("unhealthy", (await ready.JsonAsync())["checks"]!["database"]!.GetValue<string>());
        }

        using (var answer = await first)
            await MustBeOutageAsync(answer);
        await SqlAsync(other, "ROLLBACK");

        await AcceptedSoonAsync(browser);
        await browser.MustBecomeReadyAsync();
    }

    [Theory, InlineData(5), InlineData(6), InlineData(8), InlineData(10), InlineData(11), InlineData(13), InlineData(14), InlineData(26)]
    public void A_file_that_is_locked_or_a_disk_that_is_full_or_broken_is_an_outage(int code) =>
        Assert.True(Outages.IsOutage(new InvalidOperationException("as EF wraps it", new SqliteException("", code))));

    [Fact]
    public void A_pool_without_a_free_connection_is_an_outage() => Assert.True(Outages.IsOutage(new InvalidOperationException(
        "Timeout expired. The timeout period elapsed prior to obtaining a connection from the pool.")
    { Source = "Microsoft.Data.SqlClient" }));

    [Theory, InlineData(1), InlineData(19), InlineData(20)]
    public void A_mistake_of_ours_is_none(int code) => Assert.False(Outages.IsOutage(new SqliteException("", code)));

    private static async Task AcceptedSoonAsync(Browser browser)
    {
        for (var attempt = 0; ; attempt++)
        {
            using var answer = await browser.GenerateAsync(new { prompt = "slow piano", duration = 1 });
            if (answer.StatusCode == HttpStatusCode.Accepted)
                return;
            await MustBeOutageAsync(answer);
            Assert.True(attempt < 50, "It doesn't go on.");
            await Task.Delay(100, Ct);
        }
    }

    private static async Task MustBeOutageAsync(HttpResponseMessage answer)
    {
        await answer.MustBeProblemAsync(HttpStatusCode.ServiceUnavailable, "service.unavailable");
        Assert.True(int.Parse(answer.Header("Retry-After")!, CultureInfo.InvariantCulture) > 0);
    }

    private static async Task SqlAsync(SqliteConnection connection, string sql)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync(Ct);
    }
}
