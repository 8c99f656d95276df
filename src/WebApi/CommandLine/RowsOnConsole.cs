using Spectre.Console;

namespace MusicGen.WebApi.CommandLine;

/// <summary>Shows rows on standard output: a table on a terminal, a line with tabs for each row otherwise, for scripts.</summary>
internal static class RowsOnConsole
{
    public static void Show(IReadOnlyList<string> columns, IReadOnlyList<IReadOnlyList<string>> rows, string none)
    {
        if (Console.IsOutputRedirected)
        {
            foreach (var row in rows)
                Console.WriteLine(string.Join('\t', row));
        }
        else if (rows.Count == 0)
        {
            Console.WriteLine(none);
        }
        else
        {
            var table = new Table().RoundedBorder();
            foreach (var column in columns)
                table.AddColumn(new TableColumn(new Text(column)));
            foreach (var row in rows)
                table.AddRow(row.Select(cell => new Text(cell))); // as text: what stands in brackets is no colour
            AnsiConsole.Write(table);
        }
    }
}
