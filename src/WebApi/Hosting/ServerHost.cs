using System.Globalization;
using Microsoft.Extensions.Options;
using MusicGen.Application;
using MusicGen.Application.Generations;
using MusicGen.Application.Identity;
using MusicGen.Application.Nodes;
using MusicGen.Infrastructure;
using MusicGen.Infrastructure.Persistence;
using MusicGen.WebApi.Configuration;
using MusicGen.WebApi.Security;
using Serilog;
using Serilog.Core;

namespace MusicGen.WebApi.Hosting;

/// <summary>
/// A running server: its data folder's owner for its life, with its Redis, its database and its web application. It takes
/// its variables as an argument, so that a test starts several in one process, each with its own.
/// </summary>
internal sealed class ServerHost : IAsyncDisposable
{
    // Everything that is ended with the server, the last opened first.
    private readonly Stack<IAsyncDisposable> _open = new();

    private ServerHost(ServiceSettings settings) => Settings = settings;

    public ServiceSettings Settings { get; }

    public WebApplication App { get; private set; } = null!;

    public DataFolder Folder { get; private set; } = null!;

    /// <summary>Where it listens, as people of this machine write it.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>Starts a server and returns when it answers.</summary>
    /// <param name="variables">The environment's variables.</param>
    /// <param name="urls">--urls; null for ASPNETCORE_URLS or port 8000.</param>
    /// <param name="ct">Gives the start up.</param>
    /// <exception cref="StartRefusedException">It is configured wrongly, or the folder is taken.</exception>
    public static async Task<ServerHost> StartAsync(IReadOnlyDictionary<string, string> variables, string? urls, CancellationToken ct)
    {
        var settings = ServiceSettings.Read(variables, SettingsNeed.Service, TimeProvider.System.GetUtcNow());
        if (urls is not null)
            settings["Server:Urls"] = urls;
        var host = new ServerHost(settings);
        try
        {
            await host.OpenAsync(ct);
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <summary>Returns when somebody asked the server to stop and its work is put away.</summary>
    /// <param name="asked">Cancelled when somebody did.</param>
    public async Task WaitForShutdownAsync(CancellationToken asked)
    {
        using (var end = CancellationTokenSource.CreateLinkedTokenSource(asked, App.Lifetime.ApplicationStopping))
            await Task.Delay(Timeout.Infinite, end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await GracefulShutdown.RunAsync(App);
    }

    public async ValueTask DisposeAsync()
    {
        while (_open.TryPop(out var opened))
            await opened.DisposeAsync();
    }

    private async Task OpenAsync(CancellationToken ct)
    {
        Folder = DataFolder.Open(Settings);
        _open.Push(await FolderLock.WaitAsync(Folder.ServerLock, TimeSpan.FromSeconds(1), ct)
            ?? throw new StartRefusedException($"Another server owns the data folder {Folder.Path}. Stop it, or give this one its own by MUSICGEN_DATA."));
        await ServiceDefaults.ApplyAsync(Settings, Folder, ct);

        var log = ServiceLog.Create(Settings);
        _open.Push(log);
        var loggers = ServiceLog.Quiet(log);
        _open.Push(new Closing(loggers));
        var logger = loggers.CreateLogger<ServerHost>();
        StartLog.Starting(logger, ProgramVersion.Text, Settings.Environment.Name);
        foreach (var warning in Settings.Warnings)
            StartLog.NoEffect(logger, warning);
        if (!Settings.Environment.IsDevelopment && Settings["Accounts:RequireSecondFactor"] is null or "off")
            StartLog.NoSecondFactor(logger);

        var redis = await RedisSource.ForServerAsync(Settings, Folder, loggers, ct);
        _open.Push(redis);
        Settings["Redis:ConnectionString"] = redis.ConnectionString;
        if (redis.IsEmbedded)
            Settings.Default("Redis:PatienceMilliseconds", "3000"); // it can't be gone, only busy, as this process is

        var certificate = ServerCertificate.Open(Settings, TimeProvider.System, loggers.CreateLogger<ServerCertificate>());
        if (certificate is not null)
            _open.Push(new Closing(certificate));
        else if (Urls().Any(u => u.StartsWith("https:", StringComparison.OrdinalIgnoreCase)))
            throw new StartRefusedException("TLS_CERTIFICATE_FILE, TLS_KEY_FILE: are not set, although an address is https. Name a certificate, or let a proxy end TLS.");
        App = Build(log, certificate);
        _open.Push(App);
        App.Services.GetService<IStartupValidator>()?.Validate(); // before anything is written, so that every fault is told at once
        if (Role != NodeRole.Api && Settings["Inference:DefaultModel"] is { } model && App.Services.GetRequiredService<IMusicGenerator>().Find(model) is null)
        {
            if (redis.IsEmbedded) // nobody else can have it
                throw new StartRefusedException($"DEFAULT_MODEL: there is no model {model} on this machine. See: models list");
            StartLog.DefaultElsewhere(logger, model);
        }

        await MigrateAsync(certificate, ct);
        await App.Services.GetRequiredService<ISigningKeyRing>().OpenAsync(ct);
        await StartAppAsync(ct);
        Address = new Uri(ServiceDefaults.ListeningOrigin(App.Urls.First()));
    }

    // What had started before the rest couldn't would work on with services that are put away.
    private async Task StartAppAsync(CancellationToken ct)
    {
        try
        {
            await App.StartAsync(ct);
        }
        catch
        {
            await App.StopAsync(CancellationToken.None);
            throw;
        }
    }

    // Most starts have nothing to migrate: who waits for long says so to probes, which would else take the node for dead.
    private async Task MigrateAsync(ServerCertificate? certificate, CancellationToken ct)
    {
        var migrating = App.Services.GetRequiredService<DatabaseInitializer>().MigrateAsync(ct);
        await Task.WhenAny(migrating, Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, ct));
        if (!migrating.IsCompleted)
        {
            await using var notice = await MigrationNotice.OpenAsync(Urls(), certificate, ct);
            await migrating;
        }

        await migrating;
    }

    private string[] Urls() => (Settings["Server:Urls"] ?? ServiceDefaults.Urls).Split(';', StringSplitOptions.TrimEntries);

    private WebApplication Build(Logger log, ServerCertificate? certificate)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions
        {
            ApplicationName = typeof(ServerHost).Assembly.GetName().Name,
            ContentRootPath = ProgramFolder.Path,
            EnvironmentName = Settings.Environment.Name,
        });
        builder.Configuration.AddInMemoryCollection(Settings.Values);
        builder.Host.UseDefaultServiceProvider(options => (options.ValidateOnBuild, options.ValidateScopes) = (true, true));
        builder.Services.AddSerilog(log);
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = ShutdownGrace(Settings));
        var connections = new ConnectionLimits(new Lazy<Edge>(() => App.Services.GetRequiredService<Edge>()), Number("Server:MaxConnectionsPerAddress", 500));
        builder.WebHost.UseKestrel(options =>
        {
            options.AddServerHeader = false;
            ConnectionLimits.Apply(options.Limits, Number("Server:MaxConnections", 10_000));
            options.ConfigureEndpointDefaults(listen => listen.Use(connections.Count));
            certificate?.ApplyTo(options);
        });
        // What the pool is told of a socket goes on at once, instead of through three more queues of the same pool.
        builder.WebHost.UseSockets(sockets => sockets.UnsafePreferInlineScheduling = true);
        builder.WebHost.UseUrls(Urls());

        builder.Services.AddSingleton<IHostLifetime, NoSignals>(); // the host's own would stop at once
        builder.Services.AddRouting();
        builder.Services.AddApplication().AddInfrastructure(builder.Configuration).AddWebApi(builder.Configuration, builder.Environment);
        var app = builder.Build();
        if (Role == NodeRole.Worker)
            app.UseProbes();
        else
            app.UseWebApi();
        return app;
    }

    private NodeRole Role => Enum.Parse<NodeRole>(Settings["Node:Role"] ?? nameof(NodeRole.All), ignoreCase: true);

    /// <summary>From the first sign of a stop to the end.</summary>
    public static TimeSpan ShutdownGrace(ServiceSettings settings) =>
        settings["Server:ShutdownGrace"] is { } grace ? TimeSpan.Parse(grace, CultureInfo.InvariantCulture) : TimeSpan.FromSeconds(30);

    private int Number(string key, int otherwise) =>
        Settings[key] is { } number ? int.Parse(number, CultureInfo.InvariantCulture) : otherwise;

    private sealed class NoSignals : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class Closing(IDisposable inner) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            inner.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}

internal static partial class StartLog
{
    [LoggerMessage(7001, LogLevel.Information, "MusicGen {Version} starts ({Environment})")]
    public static partial void Starting(Microsoft.Extensions.Logging.ILogger logger, string version, string environment);

    [LoggerMessage(7002, LogLevel.Warning, "REQUIRE_SECOND_FACTOR is off: a password alone opens an administrator's account. Set it to admins, or to everyone.")]
    public static partial void NoSecondFactor(Microsoft.Extensions.Logging.ILogger logger);

    [LoggerMessage(7005, LogLevel.Warning, "DEFAULT_MODEL: there is no model {Model} on this machine. Requests that name none get it from nodes that have it, and while no node has, the next best one.")]
    public static partial void DefaultElsewhere(Microsoft.Extensions.Logging.ILogger logger, string model);

    [LoggerMessage(7000, LogLevel.Warning, "{Variable}")]
    public static partial void NoEffect(Microsoft.Extensions.Logging.ILogger logger, string variable);
}
