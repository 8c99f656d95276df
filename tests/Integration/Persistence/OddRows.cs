using System.Data.Common;
using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage;
using MusicGen.Infrastructure.Persistence;

namespace MusicGen.Integration.Persistence;

/// <summary>Rows for every table of a SQLite database with whatever its columns can hold, and what is really stored there.</summary>
internal static class OddRows
{
    public const int Each = 6;

    private static readonly long[] Longs = [long.MinValue, long.MaxValue, 0, -1, 1, 1L << 40];
    private static readonly int[] Ints = [int.MinValue, int.MaxValue, 0, -1, 1, 65_536];
    private static readonly double[] Doubles = [double.MaxValue, -double.MaxValue, 2.2250738585072014e-308, -1.0 / 3, 0, 1e15];

    private static readonly string[] Texts =
        ["", "Grüße 日本語 🎵 \u0301", "a\0b", "'; DROP TABLE \"Users\" --", """{ "tempo" : 90,"nobody_knows":[1] }""", " \r\n\t "];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static async Task FillAsync(MusicGenDbContext db)
    {
        var types = db.GetService<IRelationalTypeMappingSource>();
        await db.Database.OpenConnectionAsync(Ct);
        await ExecuteAsync(db, "DELETE FROM \"AdminRoster\"");
        foreach (var table in DatabaseCopy.TablesOf(db))
        {
            for (var row = 0; row < Each; row++)
            {
                await using var command = db.Database.GetDbConnection().CreateCommand();
                foreach (var column in table.Columns)
                    command.Parameters.Add(types.FindMapping(column.ProviderClrType, column.StoreType)!.CreateParameter(command, $"@{column.Name}", ValueOf(column, row), column.IsNullable));
                command.CommandText = $"INSERT INTO \"{table.Name}\" ({Join(table, c => $"\"{c.Name}\"")}) VALUES ({Join(table, c => $"@{c.Name}")})";
                await command.ExecuteNonQueryAsync(Ct);
            }
        }
    }

    /// <summary>Every table but EF's own, as SQLite's catalogue has them: each row with its values and how they are stored.</summary>
    public static async Task<SortedDictionary<string, List<string>>> ReadAsync(MusicGenDbContext db)
    {
        await db.Database.OpenConnectionAsync(Ct);
        var names = await db.Database.SqlQueryRaw<string>(db.AskTables).ToListAsync(Ct);
        var tables = new SortedDictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (var name in names.Where(n => !n.StartsWith("__EF", StringComparison.Ordinal)))
        {
            await using var command = db.Database.GetDbConnection().CreateCommand();
            command.CommandText = $"SELECT * FROM \"{name}\"";
            await using var rows = await command.ExecuteReaderAsync(Ct);
            tables[name] = [];
            while (await rows.ReadAsync(Ct))
                tables[name].Add(string.Join('|', Enumerable.Range(0, rows.FieldCount).Select(i => $"{rows.GetName(i)}={Text(rows, i)}")));
            tables[name].Sort(StringComparer.Ordinal);
        }

        return tables;
    }

    public static Task<int> ExecuteAsync(MusicGenDbContext db, string sql) => db.Database.ExecuteSqlRawAsync(sql, Ct);

    // What refers to a user refers to that of the same row.
    private static object? ValueOf(IColumn column, int row)
    {
        if (column.IsNullable && row == Each - 1)
            return null;
        var property = column.PropertyMappings[0].Property;
        var type = column.ProviderClrType;
        return type == typeof(Guid) ? IdOf(row)
            : type == typeof(bool) ? row % 2 == 0
            : type == typeof(int) ? Ints[row]
            : type == typeof(double) ? Doubles[row]
            : type == typeof(long) ? IsMoment(property) ? MomentOf(row) : Longs[row]
            : type == typeof(byte[]) ? BytesOf(row, property.GetMaxLength() ?? 3000)
            : type == typeof(string) ? TextOf(row, property.GetMaxLength() ?? 5000)
            : throw new NotSupportedException($"{column.Table.Name}.{column.Name}: what can a {type.Name} hold?");
    }

    private static bool IsMoment(IProperty property) => (Nullable.GetUnderlyingType(property.ClrType) ?? property.ClrType) == typeof(DateTimeOffset);

    private static Guid IdOf(int row) => row switch
    {
        0 => Guid.Empty,
        1 => new Guid("ffffffff-ffff-ffff-ffff-ffffffffffff"),
        _ => new Guid($"0190a000-0000-7000-8000-00000000abc{row}"),
    };

    private static long MomentOf(int row) => row switch
    {
        0 => DateTimeOffset.MinValue.UtcTicks,
        1 => DateTimeOffset.MaxValue.UtcTicks,
        _ => new DateTimeOffset(2026, 2, 28 - row, 23, 59, 59, TimeSpan.Zero).UtcTicks + 1_234_567 + row,
    };

    private static byte[] BytesOf(int row, int most) => row == 0 ? [] : [.. Enumerable.Range(row, row == 1 ? most : row).Select(i => (byte)i)];

    private static string TextOf(int row, int most) =>
        row == 1 ? string.Concat(Enumerable.Repeat(Texts[1], 1 + (most / Texts[1].Length)))[..most].TrimEnd('\ud83c') : Texts[row][..Math.Min(most, Texts[row].Length)];

    private static string Text(DbDataReader row, int ordinal) => row.GetValue(ordinal) switch
    {
        DBNull => "null",
        byte[] bytes => $"x{Convert.ToHexString(bytes)}",
        double number => $"r{number.ToString("R", CultureInfo.InvariantCulture)}",
        var value => $"{value.GetType().Name}:{Convert.ToString(value, CultureInfo.InvariantCulture)}",
    };

    private static string Join(ITable table, Func<IColumn, string> text) => string.Join(", ", table.Columns.Select(text));
}
