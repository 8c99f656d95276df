using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage;

namespace MusicGen.Infrastructure.Persistence;

/// <summary>One table in two databases: what is asked of the one and told to the other.</summary>
internal sealed class TableCopy
{
    /// <summary>In one INSERT of SQL Server's.</summary>
    private const int MostRows = 1000;

    private readonly string _into;
    private readonly string _names;
    private readonly string[] _parameters;

    public TableCopy(MusicGenDbContext from, MusicGenDbContext to, ITable table)
    {
        var source = from.Model.GetRelationalModel().FindTable(table.Name, table.Schema)!;
        var types = to.GetService<IRelationalTypeMappingSource>();
        Columns = [.. table.Columns.Select(c => new ColumnCopy(source.FindColumn(c.Name)!, c, types))];
        RowsAtOnce = Math.Clamp(to.ParametersAtOnce / Columns.Count, 1, MostRows);
        var (ask, tell) = (from.GetService<ISqlGenerationHelper>(), to.GetService<ISqlGenerationHelper>());
        Select = $"SELECT {Names(ask)} FROM {ask.DelimitIdentifier(table.Name, table.Schema)}";
        (_into, _names) = (tell.DelimitIdentifier(table.Name, table.Schema), Names(tell));
        _parameters = [.. Enumerable.Range(0, RowsAtOnce * Columns.Count).Select(i => tell.GenerateParameterName($"p{i}"))];
    }

    public IReadOnlyList<ColumnCopy> Columns { get; }

    /// <summary>How many rows one INSERT takes.</summary>
    public int RowsAtOnce { get; }

    public string Select { get; }

    public string Delete => $"DELETE FROM {_into}";

    public string Insert(int rows) =>
        $"INSERT INTO {_into} ({_names}) VALUES {string.Join(", ", _parameters.Chunk(Columns.Count).Take(rows).Select(p => $"({string.Join(", ", p)})"))}";

    /// <summary>Copies all rows, of which few are in memory at once.</summary>
    public async Task CopyAsync(DbTransaction from, DbTransaction to, CancellationToken ct)
    {
        await using var asked = Command(from, Select);
        await using var told = Command(to, string.Empty);
        await using var rows = await asked.ExecuteReaderAsync(ct);
        var waiting = new List<object?[]>(RowsAtOnce);
        while (await rows.ReadAsync(ct))
        {
            waiting.Add(Read(rows));
            if (waiting.Count == RowsAtOnce)
                await TellAsync(told, waiting, ct);
        }

        if (waiting.Count > 0)
            await TellAsync(told, waiting, ct);
    }

    public async Task ClearAsync(DbTransaction to, CancellationToken ct)
    {
        await using var command = Command(to, Delete);
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>The row that a reader of <see cref="Select"/> stands on, as the other database stores it.</summary>
    public object?[] Read(DbDataReader row) => [.. Columns.Select((c, i) => c.Read(row, i))];

    /// <summary>Makes a command the INSERT of these rows.</summary>
    public void Fill(DbCommand command, IReadOnlyList<object?[]> rows)
    {
        if (command.Parameters.Count != rows.Count * Columns.Count)
            command.CommandText = Insert(rows.Count);
        command.Parameters.Clear();
        for (var i = 0; i < rows.Count * Columns.Count; i++)
        {
            var (row, column) = Math.DivRem(i, Columns.Count);
            command.Parameters.Add(Columns[column].Parameter(command, _parameters[i], rows[row][column]));
        }
    }

    private static DbCommand Command(DbTransaction transaction, string text)
    {
        var command = transaction.Connection!.CreateCommand();
        (command.Transaction, command.CommandText) = (transaction, text);
        return command;
    }

    private async Task TellAsync(DbCommand command, List<object?[]> rows, CancellationToken ct)
    {
        Fill(command, rows);
        await command.ExecuteNonQueryAsync(ct);
        rows.Clear();
    }

    private string Names(ISqlGenerationHelper sql) => string.Join(", ", Columns.Select(c => sql.DelimitIdentifier(c.Name)));
}
