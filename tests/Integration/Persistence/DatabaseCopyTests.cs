using System.Data;
using System.Data.Common;
using Microsoft.Data.SqlClient;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using MusicGen.Infrastructure.Persistence;

namespace MusicGen.Integration.Persistence;

/// <summary>A copy of a database is that database: every table that there is, to the last bit.</summary>
public sealed class DatabaseCopyTests : IAsyncLifetime
{
    private TestDatabase _source = null!;
    private TestDatabase _copy = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static TheoryData<DatabaseKind> Kinds => TestDatabase.Kinds;

    public async ValueTask InitializeAsync() =>
        (_source, _copy) = (await TestDatabase.CreateAsync(DatabaseKind.Sqlite), await TestDatabase.CreateAsync(DatabaseKind.Sqlite));

    public async ValueTask DisposeAsync()
    {
        await _source.DisposeAsync();
        await _copy.DisposeAsync();
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Every_row_of_every_table_comes_there_and_back_as_it_was(DatabaseKind kind)
    {
        await using var between = await TestDatabase.CreateAsync(kind);
        var there = await _source.InAsync(async db =>
        {
            await OddRows.FillAsync(db);
            return await OddRows.ReadAsync(db);
        });

        await CopyAsync(_source, between);
        await CopyAsync(between, _copy);

        // A new table or column is in here by itself, and is missing in the copy unless it is copied.
        Assert.All(there, t => Assert.Equal((t.Key, OddRows.Each), (t.Key, t.Value.Count)));
        Assert.Equal(await ColumnsAsync(_source), there.Values.SelectMany(rows => rows.Where(r => r == rows[^1]).Select(r => r.Split('|').Length)).Sum());
        Assert.Equal(there, await _copy.InAsync(OddRows.ReadAsync));
    }

    /// <summary>Parameters as the server gets them go into a table of its types, and that is read as if it were the server.</summary>
    [Fact]
    public async Task What_SQL_Server_is_told_is_of_its_columns_types_and_comes_back_as_it_was()
    {
        using var server = new SqlServerDesignTimeFactory().CreateDbContext([]);
        var there = await _source.InAsync(async db =>
        {
            await OddRows.FillAsync(db);
            return await OddRows.ReadAsync(db);
        });

        await _source.InAsync(from => _copy.InAsync(async to =>
        {
            await from.Database.OpenConnectionAsync(Ct);
            await to.Database.OpenConnectionAsync(Ct);
            await OddRows.ExecuteAsync(to, "DELETE FROM \"AdminRoster\"");
            foreach (var table in DatabaseCopy.TablesOf(server))
            {
                var tell = new TableCopy(from, server, table);
                using var told = new SqlCommand();
                tell.Fill(told, await RowsAsync(tell, from));
                using var held = Held(table, told);

                var hear = new TableCopy(server, to, DatabaseCopy.TablesOf(to).Single(t => t.Name == table.Name));
                await using var rows = held.CreateDataReader();
                var heard = new List<object?[]>();
                while (await rows.ReadAsync(Ct))
                    heard.Add(hear.Read(rows));
                await using var insert = to.Database.GetDbConnection().CreateCommand();
                foreach (var some in heard.Chunk(hear.RowsAtOnce))
                {
                    hear.Fill(insert, some);
                    Assert.Equal(some.Length, await insert.ExecuteNonQueryAsync(Ct));
                }
            }

            return true;
        }));

        Assert.Equal(there, await _copy.InAsync(OddRows.ReadAsync));
    }

    [Fact]
    public async Task A_copy_is_of_one_moment_while_others_write()
    {
        await _source.InAsync(async db =>
        {
            for (var i = 0; i < 3000; i++)
                await AddPairAsync(db, i);
            return true;
        });
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var written = 3000;
        var writer = Task.Factory.StartNew(
            () => _source.InAsync(async db =>
            {
                while (!enough.IsCancellationRequested)
                    await AddPairAsync(db, written++);
                return true;
            }), Ct, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();
        while (Volatile.Read(ref written) < 3020)
            await Task.Delay(5, Ct);

        var before = Volatile.Read(ref written);
        await CopyAsync(_source, _copy);
        var after = Volatile.Read(ref written);
        await enough.CancelAsync();
        await writer;

        Assert.True(after > before + 5, $"Only {after - before} pairs came while the copy was made.");
        var (first, last) = await _copy.InAsync(async db => (await db.AuditEntries.CountAsync(Ct), await db.Revocations.CountAsync(Ct)));
        Assert.Equal(first, last);
        Assert.InRange(first, before - 1, after);
    }

    [Fact]
    public async Task A_copy_that_fails_leaves_nothing_and_is_made_again()
    {
        await _source.InAsync(async db =>
        {
            await OddRows.FillAsync(db);
            await OddRows.ExecuteAsync(db, "PRAGMA foreign_keys = OFF");
            return await OddRows.ExecuteAsync(db, "DELETE FROM \"Users\"");
        });
        Assert.Null(await _copy.InAsync(db => DatabaseCopy.FirstInUseAsync(db, Ct)));
        var empty = await _copy.InAsync(OddRows.ReadAsync);

        await Assert.ThrowsAnyAsync<DbException>(() => CopyAsync(_source, _copy));
        Assert.Equal(empty, await _copy.InAsync(OddRows.ReadAsync));

        await _source.InAsync(async db =>
        {
            foreach (var table in DatabaseCopy.TablesOf(db).Where(t => t.ForeignKeyConstraints.Any()))
                await OddRows.ExecuteAsync(db, $"DELETE FROM \"{table.Name}\"");
            return true;
        });
        await CopyAsync(_source, _copy);
        Assert.Equal("AuditCheckpoints", await _copy.InAsync(db => DatabaseCopy.FirstInUseAsync(db, Ct)));
    }

    [Fact]
    public async Task Where_no_migration_ran_no_table_is_in_use()
    {
        await using var database = TestDatabase.OnDisk();
        database.Node();

        Assert.Null(await database.InAsync(db => DatabaseCopy.FirstInUseAsync(db, Ct)));
    }

    // Two tables that are read one after the other, and one row in each at a time.
    private static async Task AddPairAsync(MusicGenDbContext db, int number)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(Ct);
        await db.Database.ExecuteSqlAsync(
            $"INSERT INTO AuditEntries (Sequence, At, Correlation, Actor, Action, Outcome, PreviousHash, Hash) VALUES ({number}, 0, {Guid.NewGuid()}, 'x', 'x', 0, '', '')", Ct);
        await db.Database.ExecuteSqlAsync($"INSERT INTO Revocations (Id, UserId, Kind, Value, At, ExpiresAt) VALUES ({Guid.NewGuid()}, {Guid.NewGuid()}, 0, '', 0, 0)", Ct);
        await transaction.CommitAsync(Ct);
    }

    private static Task<bool> CopyAsync(TestDatabase from, TestDatabase to) => from.InAsync(source => to.InAsync(async target =>
    {
        await DatabaseCopy.CopyAsync(source, target, Ct);
        return true;
    }));

    private static Task<int> ColumnsAsync(TestDatabase database) => database.InAsync(db => Task.FromResult(db.Model.GetRelationalModel().Tables.Sum(t => t.Columns.Count())));

    private static async Task<List<object?[]>> RowsAsync(TableCopy table, MusicGenDbContext db)
    {
        await using var command = db.Database.GetDbConnection().CreateCommand();
        command.CommandText = table.Select;
        await using var rows = await command.ExecuteReaderAsync(Ct);
        var read = new List<object?[]>();
        while (await rows.ReadAsync(Ct))
            read.Add(table.Read(rows));
        return read;
    }

    private static DataTable Held(ITable table, SqlCommand told)
    {
        var held = new DataTable();
        var columns = table.Columns.ToList();
        var parameters = told.Parameters.Cast<SqlParameter>().Chunk(columns.Count).ToList();
        for (var i = 0; i < columns.Count; i++)
        {
            var type = Enum.Parse<SqlDbType>(columns[i].StoreType.Split('(')[0], ignoreCase: true);
            Assert.All(parameters, row => Assert.Equal((columns[i].Name, type), (columns[i].Name, row[i].SqlDbType)));
            held.Columns.Add(columns[i].Name, type switch
            {
                SqlDbType.NVarChar => typeof(string),
                SqlDbType.UniqueIdentifier => typeof(Guid),
                SqlDbType.DateTimeOffset => typeof(DateTimeOffset),
                SqlDbType.BigInt => typeof(long),
                SqlDbType.Int => typeof(int),
                SqlDbType.Bit => typeof(bool),
                SqlDbType.Float => typeof(double),
                SqlDbType.VarBinary => typeof(byte[]),
                _ => throw new NotSupportedException($"What does a server give for {type}?"),
            });
        }

        foreach (var row in parameters)
            held.Rows.Add([.. row.Select(p => p.Value)]);
        return held;
    }
}
