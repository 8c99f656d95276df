using System.CommandLine;
using MusicGen.Infrastructure;
using MusicGen.Infrastructure.Persistence;
using MusicGen.WebApi.Configuration;
using MusicGen.WebApi.Hosting;

namespace MusicGen.WebApi.CommandLine;

/// <summary>Brings the database to today's shape, or writes the script that does.</summary>
internal static class MigrateCommand
{
    public static Command Create(IReadOnlyDictionary<string, string> variables)
    {
        var script = new Option<string>("--script") { Description = "Write the SQL Server script (idempotent) to a file instead.", HelpName = "FILE" };
        var command = new Command("migrate", "Create or migrate the database.") { script };
        command.SetAction(async (parsed, ct) =>
        {
            if (parsed.GetValue(script) is { } file)
            {
                await DatabaseInitializer.ScriptAsync(Path.GetFullPath(file), ct);
                Console.WriteLine(Path.GetFullPath(file));
            }
            else
            {
                await MigrateAsync(variables, ct);
                Console.WriteLine("The database is up to date.");
            }

            return Answer.Done;
        });
        return command;
    }

    // The database alone: a deployment migrates before Redis, mail and secrets are there.
    private static async Task MigrateAsync(IReadOnlyDictionary<string, string> variables, CancellationToken ct)
    {
        var settings = ServiceSettings.Read(variables, SettingsNeed.Database, TimeProvider.System.GetUtcNow());
        settings.Default("Database:Provider", "sqlite");
        if (settings["Database:Provider"] == "sqlite")
            settings.Default("Database:ConnectionString", $"Data Source={DataFolder.Open(settings).File("musicgen.db")}");
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings.Values).Build();
        await using var provider = new ServiceCollection()
            .AddSingleton<IConfiguration>(configuration)
            .AddLogging()
            .AddInfrastructure(configuration)
            .BuildServiceProvider();
        await provider.GetRequiredService<DatabaseInitializer>().MigrateAsync(ct);
    }
}
