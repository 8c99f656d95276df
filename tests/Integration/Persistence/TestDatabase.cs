using Microsoft.Data.SqlClient;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using MusicGen.Infrastructure.Persistence;

namespace MusicGen.Integration.Persistence;

public enum DatabaseKind
{
    Sqlite,

    /// <summary>The server that MUSICGEN_TEST_SQLSERVER names.</summary>
    SqlServer,
}

/// <summary>A migrated database of its own for one test, as the product registers it; several nodes may share it.</summary>
internal sealed class TestDatabase : IAsyncDisposable
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public const string Variable = "MUSICGEN_TEST_SQLSERVER";

    private readonly List<ServiceProvider> _nodes = [];
    private readonly Dictionary<string, string?> _settings;
    private readonly string? _folder;

    private TestDatabase(Dictionary<string, string?> settings, string? folder)
    {
        _settings = settings;
        _folder = folder;
    }

    public static TheoryData<DatabaseKind> Kinds { get; } = [DatabaseKind.Sqlite, DatabaseKind.SqlServer];

    public static async Task<TestDatabase> CreateAsync(DatabaseKind kind)
    {
        var database = kind == DatabaseKind.Sqlite ? OnDisk() : OnServer();
        await database.Node().GetRequiredService<DatabaseInitializer>().MigrateAsync(Ct);
        return database;
    }

    /// <summary>A database that nobody has migrated yet.</summary>
    public static TestDatabase OnDisk()
    {
        var folder = Directory.CreateTempSubdirectory("musicgen-db-").FullName;
        return new TestDatabase(Settings("Sqlite", $"Data Source={Path.Combine(folder, "musicgen.db")}"), folder);
    }

    /// <summary>What one node of the service has: its own provider over the same database.</summary>
    public ServiceProvider Node(Action<IServiceCollection>? add = null)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(_settings).Build();
        var services = new ServiceCollection().AddSingleton<IConfiguration>(configuration).AddSingleton(TimeProvider.System).AddLogging();
        services.AddDatabase(configuration);
        add?.Invoke(services);
        var node = services.BuildServiceProvider(validateScopes: true);
        _nodes.Add(node);
        return node;
    }

    public async Task<T> InAsync<T>(Func<MusicGenDbContext, Task<T>> work)
    {
        await using var scope = _nodes[0].CreateAsyncScope();
        return await work(scope.ServiceProvider.GetRequiredService<MusicGenDbContext>());
    }

    public async ValueTask DisposeAsync()
    {
        if (_folder is null)
            await InAsync(db => db.Database.EnsureDeletedAsync());
        foreach (var node in _nodes)
            await node.DisposeAsync();
        if (_folder is not null)
        {
            Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
            Directory.Delete(_folder, recursive: true);
        }
    }

    private static TestDatabase OnServer()
    {
        var server = Environment.GetEnvironmentVariable(Variable);
        Assert.SkipUnless(!string.IsNullOrEmpty(server), $"{Variable} names no SQL Server.");
        var connection = new SqlConnectionStringBuilder(server) { InitialCatalog = $"musicgen_{Guid.CreateVersion7():N}" };
        return new TestDatabase(Settings("SqlServer", connection.ConnectionString), folder: null);
    }

    private static Dictionary<string, string?> Settings(string provider, string connection) => new()
    {
        ["Database:Provider"] = provider,
        ["Database:ConnectionString"] = connection,
    };
}
