using Microsoft.EntityFrameworkCore;
using Microsoft.SqlServer.Dac.Model;
using Microsoft.SqlServer.TransactSql.ScriptDom;
using MusicGen.Infrastructure.Persistence;
using MusicGen.WebApi.Configuration;

namespace MusicGen.Integration.Persistence;

/// <summary>As far as SQL Server can be proved without one: its script parses, its model and our queries fit each other.</summary>
public sealed class SqlServerHalfTests(MusicGenApp app)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_script_for_any_state_of_the_database_parses_and_a_broken_one_is_seen()
    {
        var file = Path.GetTempFileName();
        await DatabaseInitializer.ScriptAsync(file, Ct);
        var script = await File.ReadAllTextAsync(file, Ct);
        File.Delete(file);

        Assert.Contains("__EFMigrationsHistory", script, StringComparison.Ordinal);
        Assert.Contains("CREATE TABLE [Users]", script, StringComparison.Ordinal);
        Assert.Empty(ParseErrors(script));
        Assert.NotEmpty(ParseErrors(script.Replace("CREATE TABLE [Users] (", "CREATE TABLE [Users] ((", StringComparison.Ordinal)));
    }

    // sqlcmd puts the password in.
    [Theory]
    [InlineData("deploy/docker/database.sql")]
    [InlineData("docs/connections.md")]
    public void A_script_that_makes_the_database_parses_and_lets_it_be_backed_up(string file)
    {
        var text = File.ReadAllText(Path.Combine(ProgramFolder.HomeOf(AppContext.BaseDirectory), file)).ReplaceLineEndings("\n");
        var script = file.EndsWith(".md", StringComparison.Ordinal) ? text.Split("```sql\n")[1].Split("```")[0] : text;

        Assert.Empty(ParseErrors(script));
        Assert.Contains("ALTER DATABASE [musicgen] SET ALLOW_SNAPSHOT_ISOLATION ON;", script, StringComparison.Ordinal);
    }

    [Fact]
    public void What_only_a_server_is_asked_parses() =>
        Assert.All(new[] { MigrationTurn.TakeLock, MusicGen.Infrastructure.Redis.ClockSkew.AskTime, SqlServerMusicGenDbContext.AskSnapshots, SqlServerMusicGenDbContext.AllowSnapshots }, sql => Assert.Empty(ParseErrors(sql)));

    /// <summary>Backup and restore ask and tell a server nothing else; keys keep their values because no column makes its own.</summary>
    [Fact]
    public void What_copies_rows_fits_the_model_and_the_servers_bounds()
    {
        using var sqlite = new SqliteDesignTimeFactory().CreateDbContext([]);
        using var db = new SqlServerDesignTimeFactory().CreateDbContext([]);
        var create = db.Database.GenerateCreateScript();
        var statements = new List<string>();
        foreach (var table in DatabaseCopy.TablesOf(db))
        {
            var (ask, tell) = (new TableCopy(db, sqlite, DatabaseCopy.TablesOf(sqlite).Single(t => t.Name == table.Name)), new TableCopy(sqlite, db, table));
            var declared = string.Concat(Enumerable.Repeat(table.Columns, tell.RowsAtOnce).SelectMany(c => c).Select((c, i) => $"DECLARE @p{i} {c.StoreType};\n"));
            statements.AddRange([ask.Select, tell.Delete, declared + tell.Insert(tell.RowsAtOnce)]);
            Assert.InRange(tell.RowsAtOnce, 1, 1000);
            Assert.InRange(tell.RowsAtOnce * table.Columns.Count(), 1, 2098);
        }

        Assert.Empty(Problems(create, statements));
        Assert.NotEmpty(Problems(create, [statements[^1].Replace("INSERT INTO [", "INSERT INTO [The", StringComparison.Ordinal)]));
        Assert.All(new[] { "NOT NULL IDENTITY", "ROWVERSION", "TIMESTAMP", " AS (" }, made => Assert.DoesNotContain(made, create, StringComparison.OrdinalIgnoreCase));
        Assert.Equal(System.Data.IsolationLevel.Snapshot, db.OneMoment);
        Assert.Empty(ParseErrors(db.AskTables)); // of a catalogue that the model hasn't
    }

    [Fact]
    public async Task What_fails_in_passing_is_tried_again_for_a_bounded_time()
    {
        using var db = new SqlServerDesignTimeFactory().CreateDbContext([]);
        var strategy = Assert.IsType<SqlServerRetryingExecutionStrategy>(db.Database.CreateExecutionStrategy());
        var (attempts, broken) = (0, 0);

        await strategy.ExecuteAsync(() => ++attempts == 1 ? throw new TimeoutException("transient") : Task.CompletedTask);
        await Assert.ThrowsAsync<FormatException>(() => strategy.ExecuteAsync(() => ++broken > 0 ? throw new FormatException() : Task.CompletedTask));

        Assert.Equal((2, 1), (attempts, broken));
    }

    /// <summary>Takes a person and an administrator through the product, then says every query they caused in SQL Server's words.</summary>
    [Fact]
    public async Task Every_query_of_the_product_fits_the_model_and_a_wrong_column_is_reported()
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable(TestDatabase.Variable) is { Length: > 0 }, "There is a real server, which is asked everything itself.");
        await EveryQuery.AskAsync(app);
        using var db = new SqlServerDesignTimeFactory().CreateDbContext([]);
        var queries = QueryRecorder.Queries.SelectMany(QueryRecorder.ForSqlServer).ToList();

        Assert.True(queries.Count > 30, $"Only {queries.Count} queries were heard.");
        var problems = Problems(db.Database.GenerateCreateScript(), queries);
        Assert.True(problems.Count == 0, string.Join('\n', problems.Concat(queries)));
        Assert.Contains(
            Problems(db.Database.GenerateCreateScript(), [.. queries, "SELECT [u].[Telephone] FROM [Users] AS [u]"]),
            problem => problem.Contains("Telephone", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(typeof(SqliteMusicGenDbContext))]
    [InlineData(typeof(SqlServerMusicGenDbContext))]
    public void No_change_of_the_model_waits_for_a_migration(Type context)
    {
        using MusicGenDbContext db = context == typeof(SqliteMusicGenDbContext)
            ? new SqliteDesignTimeFactory().CreateDbContext([])
            : new SqlServerDesignTimeFactory().CreateDbContext([]);

        Assert.NotEmpty(db.Database.GetMigrations());
        Assert.False(db.Database.HasPendingModelChanges());
    }

    private static IList<ParseError> ParseErrors(string script)
    {
        using var reader = new StringReader(script);
        new TSql160Parser(initialQuotedIdentifiers: true).Parse(reader, out var errors);
        return errors;
    }

    private static List<string> Problems(string createScript, IEnumerable<string> queries)
    {
        using var model = new TSqlModel(SqlServerVersion.Sql160, new TSqlModelOptions());
        // The row that the script puts in is no shape of anything; the migration's own script is parsed above.
        var batches = createScript.Split("GO\n", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        foreach (var batch in batches.Where(b => !b.Contains("INSERT INTO", StringComparison.Ordinal)))
            model.AddObjects(batch);
        var number = 0;
        foreach (var query in queries)
            model.AddObjects($"CREATE PROCEDURE [dbo].[Query{++number}] AS BEGIN\n{query}\nEND");
        return [.. model.Validate().Select(m => $"{m.Prefix}{m.Number}: {m.Message}")];
    }
}
