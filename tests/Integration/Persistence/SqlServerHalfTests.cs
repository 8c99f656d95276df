using System.Diagnostics.CodeAnalysis;
using Microsoft.EntityFrameworkCore;
using Microsoft.SqlServer.Dac.Model;
using Microsoft.SqlServer.TransactSql.ScriptDom;
using MusicGen.Domain.Auditing;
using MusicGen.Domain.Generations;
using MusicGen.Domain.Identity;
using MusicGen.Infrastructure.Persistence;

namespace MusicGen.Integration.Persistence;

/// <summary>As far as SQL Server can be proved without one: its script parses, its model and our queries fit each other.</summary>
public sealed class SqlServerHalfTests
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

    [Fact]
    public void Each_query_fits_the_model_and_a_wrong_column_is_reported()
    {
        using var db = new SqlServerDesignTimeFactory().CreateDbContext([]);
        var queries = Queries(db).ToList();

        Assert.Empty(Problems(db.Database.GenerateCreateScript(), queries));
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

    /// <summary>The shapes that handlers ask in: each must translate, and name columns that exist.</summary>
    [SuppressMessage("Globalization", "CA1309:Use ordinal string comparison", Justification = "It is SQL; the column compares byte by byte.")]
    private static IEnumerable<string> Queries(MusicGenDbContext db)
    {
        var now = new DateTimeOffset(2026, 5, 1, 0, 0, 0, TimeSpan.Zero);
        var id = UserId.New(now);
        var email = Email.Normalise("ada@example.org");
        var task = GenerationId.New(now);
        var batch = Guid.CreateVersion7();
        var text = "text";
        yield return db.Users.Where(u => u.Id == id).ToQueryString();
        yield return db.Users.Where(u => u.Email == email && !u.IsDisabled).ToQueryString();
        yield return db.Users.Where(u => u.UsernameKey == text).ToQueryString();
        yield return db.Users.Where(u => string.Compare(u.UsernameKey, text) > 0).OrderBy(u => u.UsernameKey).Take(20).ToQueryString();
        yield return db.Registrations.Where(r => r.TokenHash == text).ToQueryString();
        yield return db.Registrations.Where(r => r.Email == email && r.ExpiresAt > now).OrderByDescending(r => r.CreatedAt).ToQueryString();
        yield return db.PasswordResets.Where(r => r.TokenHash == text && r.ExpiresAt > now)
            .Join(db.Users, reset => reset.UserId, user => user.Id, (_, user) => user).Where(u => !u.IsDisabled).ToQueryString();
        yield return db.SigningKeys.Where(k => k.RetiredAt == null || k.RetiredAt > now).ToQueryString();
        yield return db.SigningKeys.OrderByDescending(k => k.CreatedAt).ToQueryString();
        yield return db.Generations.Where(g => g.Id == task && g.UserId == id).ToQueryString();
        yield return db.Generations.Where(g => g.UserId == id && g.IdempotencyKey == text).ToQueryString();
        yield return db.Generations.Where(g => g.UserId == id && g.Status == GenerationStatus.Completed && g.CreatedAt < now)
            .OrderByDescending(g => g.CreatedAt).ThenByDescending(g => g.Id).Take(20).ToQueryString();
        yield return db.Generations.Where(g => g.Status == GenerationStatus.Pending && g.Tier == Tier.Free).OrderBy(g => g.CreatedAt).ToQueryString();
        yield return db.Generations.Where(g => g.BatchId == batch).ToQueryString();
        yield return db.Batches.Where(b => b.Id == batch && b.UserId == id).ToQueryString();
        yield return db.AuditEntries.OrderByDescending(e => e.Sequence).Select(e => new { e.Sequence, e.Hash }).ToQueryString();
        yield return db.AuditEntries.Where(e => e.Actor == text && (e.Action == text || e.Event == text) && e.Outcome == AuditOutcome.Denied
            && e.At >= now && e.Sequence < 7).OrderByDescending(e => e.Sequence).Take(50).ToQueryString();
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
        foreach (var batch in createScript.Split("GO\n", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            model.AddObjects(batch);
        var number = 0;
        foreach (var query in queries)
            model.AddObjects($"CREATE PROCEDURE [dbo].[Query{++number}] AS BEGIN\n{query}\nEND");
        return [.. model.Validate().Select(m => $"{m.Prefix}{m.Number}: {m.Message}")];
    }
}
