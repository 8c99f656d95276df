using Microsoft.Data.SqlClient;
using Microsoft.Extensions.DependencyInjection;
using MusicGen.Integration;
using MusicGen.Integration.Support;
using MusicGen.Programs;
using MusicGen.WebApi.Hosting;

[assembly: AssemblyFixture(typeof(MusicGenApp))]

namespace MusicGen.Integration;

/// <summary>
/// The server as it starts for everybody, in this process, at a free port, with a data folder that goes with it. One serves
/// the whole assembly; a test that needs other settings starts its own by <see cref="StartAsync"/>.
/// </summary>
/// <remarks>Redis is Garnet, or what MUSICGEN_TEST_REDIS names; the database SQLite, or what MUSICGEN_TEST_SQLSERVER names.</remarks>
public sealed class MusicGenApp : IAsyncLifetime
{
    /// <summary>Of the Redis that MUSICGEN_TEST_REDIS names; 16 is what it has where nobody said otherwise.</summary>
    private static readonly int Databases =
        int.TryParse(Environment.GetEnvironmentVariable("MUSICGEN_TEST_REDIS_DATABASES"), out var count) ? count : 16;

    private static int _count;

    private readonly IReadOnlyDictionary<string, string> _variables;
    private readonly int _redisDatabase = Interlocked.Increment(ref _count) % Databases; // one job server must not take another's jobs
    private ServerHost? _host;

    public MusicGenApp()
        : this(new Dictionary<string, string>(StringComparer.Ordinal))
    {
    }

    private MusicGenApp(IReadOnlyDictionary<string, string> variables, string host = "127.0.0.1") =>
        (_variables, Address) = (variables, new Uri($"http://{host}:{Ports.Free()}"));

    /// <summary>Where it listens.</summary>
    public Uri Address { get; }

    public string Folder { get; } = Directory.CreateTempSubdirectory("musicgen-test-").FullName;

    public IServiceProvider Services => _host!.App.Services;

    public string EnvironmentName => _host!.App.Environment.EnvironmentName;

    /// <summary>Starts a server of a test's own.</summary>
    /// <param name="variables">On top of the fixture's: Development, a folder, trust in 127.0.0.1 as a proxy.</param>
    public static async Task<MusicGenApp> StartAsync(params (string Name, string Value)[] variables)
    {
        var app = new MusicGenApp(variables.ToDictionary(v => v.Name, v => v.Value, StringComparer.Ordinal));
        await app.InitializeAsync();
        return app;
    }

    /// <summary>The same under a name, which passkeys are bound to: no browser makes one for a number.</summary>
    public static async Task<MusicGenApp> StartByNameAsync(params (string Name, string Value)[] variables)
    {
        var app = new MusicGenApp(variables.ToDictionary(v => v.Name, v => v.Value, StringComparer.Ordinal), "localhost");
        await app.InitializeAsync();
        return app;
    }

    public async ValueTask InitializeAsync() => _host = await ServerHost.StartAsync(Variables(), Address.ToString(), CancellationToken.None);

    /// <summary>Stops and starts on the same folder and port: what was answered must still hold.</summary>
    public async Task RestartAsync()
    {
        await DisposeHostAsync();
        await InitializeAsync();
    }

    /// <summary>A new browser, at an address that nobody else has.</summary>
    public Browser NewBrowser(string? address = null) => new(Address, address);

    /// <summary>A new browser with a new account, signed in.</summary>
    public async Task<Browser> RegisterAsync()
    {
        var browser = NewBrowser();
        using var answer = await browser.RegisterAsync();
        await answer.MustBeAsync(System.Net.HttpStatusCode.Created);
        return browser;
    }

    /// <summary>Runs a piece of work in a scope of the server's services.</summary>
    public async Task<T> InScopeAsync<T>(Func<IServiceProvider, Task<T>> work)
    {
        await using var scope = Services.CreateAsyncScope();
        return await work(scope.ServiceProvider);
    }

    /// <summary>The variables it starts with: for commands beside it.</summary>
    public Dictionary<string, string> Variables()
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["ENVIRONMENT"] = "Development",
            ["MUSICGEN_DATA"] = Folder,
            ["TRUSTED_PROXIES"] = "127.0.0.1",
            ["LOG_LEVEL"] = "Warning",
            ["SHUTDOWN_GRACE_SECONDS"] = "5",
            ["REDIS_PATIENCE_MS"] = "3000", // many servers share two cores here; what patience does has tests of its own
        };
        if (Environment.GetEnvironmentVariable("MUSICGEN_TEST_REDIS") is { Length: > 0 } redis)
            variables["REDIS_URL"] = $"{redis.TrimEnd('/')}/{_redisDatabase}";
        if (Environment.GetEnvironmentVariable("MUSICGEN_TEST_SQLSERVER") is { Length: > 0 } database)
            (variables["DATABASE_PROVIDER"], variables["DATABASE_URL"]) = ("sqlserver", OwnDatabase(database));
        foreach (var (name, value) in _variables)
            variables[name] = value;
        return variables;
    }

    // Each server has secrets of its own, so it needs a database of its own to keep keys in.
    private string OwnDatabase(string server) =>
        new SqlConnectionStringBuilder(server) { InitialCatalog = Path.GetFileName(Folder) }.ConnectionString;

    public async ValueTask DisposeAsync()
    {
        await DisposeHostAsync();
        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>Stops the server; its folder stays.</summary>
    public async Task DisposeHostAsync()
    {
        if (_host is null)
            return;
        await _host.App.StopAsync();
        await _host.DisposeAsync();
        _host = null;
    }
}
