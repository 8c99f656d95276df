using System.Net;
using Microsoft.Data.Sqlite;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Hosting;

/// <summary>A fault that nobody foresaw, in the program as its users start it.</summary>
public sealed class LastResortTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_escapes_is_a_problem_without_detail_logged_under_its_trace_and_the_server_serves_on()
    {
        await using var server = await ServerProcess.StartAsync();
        using var browser = server.NewBrowser();
        using (var registered = await browser.RegisterAsync())
            await registered.MustBeAsync(HttpStatusCode.Created);

        // A table that is gone is no outage that anybody waits out: the query's exception escapes everything.
        await using (var database = new SqliteConnection($"Data Source={Path.Combine(server.Folder, "musicgen.db")};Pooling=false"))
        {
            await database.OpenAsync(Ct);
            await using var drop = database.CreateCommand();
            drop.CommandText = "ALTER TABLE Generations RENAME TO Elsewhere";
            await drop.ExecuteNonQueryAsync(Ct);
        }

        using var answer = await browser.GetAsync("/api/v1/generate");

        await answer.MustBeProblemAsync(HttpStatusCode.InternalServerError, "server.error");
        var problem = await answer.JsonAsync();
        Assert.Equal(["code", "status", "title", "trace_id", "type"], problem.AsObject().Select(f => f.Key).Order(StringComparer.Ordinal));
        var text = problem.ToJsonString();
        foreach (var inside in (string[])["Sqlite", "table", "Generations", "Exception", "MusicGen.", " at "])
            Assert.DoesNotContain(inside, text, StringComparison.OrdinalIgnoreCase);
        var trace = problem["trace_id"]!.GetValue<string>();
        Assert.Equal(trace, answer.Header("X-Request-ID"));
        await UntilAsync(() => server.Output.Contains(trace, StringComparison.Ordinal) && server.Output.Contains("no such table: Generations", StringComparison.Ordinal));

        using var next = await browser.GetAsync("/api/v1/quota");
        await next.MustBeAsync(HttpStatusCode.OK);
    }

    private static async Task UntilAsync(Func<bool> isSo)
    {
        for (var i = 0; i < 50 && !isSo(); i++)
            await Task.Delay(100, Ct);
        Assert.True(isSo(), "The log doesn't name it.");
    }
}
