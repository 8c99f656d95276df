using MediatR;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using MusicGen.Application;
using MusicGen.Application.Auditing;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;
using MusicGen.Infrastructure;
using MusicGen.Infrastructure.Identity;
using MusicGen.Infrastructure.Persistence;
using MusicGen.WebApi.Configuration;
using MusicGen.WebApi.Hosting;
using Serilog;
using Serilog.Events;

namespace MusicGen.WebApi.CommandLine;

/// <summary>
/// What a command works with: the same use cases as the server's, on the same database and Redis, in the operator's name.
/// No worker and no listener runs.
/// </summary>
internal sealed class OperatorHost : IAsyncDisposable
{
    private readonly Stack<IAsyncDisposable> _open = new();
    private IServiceProvider? _services;

    private OperatorHost()
    {
    }

    public DataFolder Folder { get; private set; } = null!;

    /// <summary>Runs an action in an operator's host and ends it.</summary>
    public static Task<int> RunAsync(IReadOnlyDictionary<string, string> variables, Func<OperatorHost, Task<int>> action, CancellationToken ct) =>
        RunAsync(variables, restoring: false, action, ct);

    /// <summary>The same, where a backup is being restored: the action brings the database before it asks for migration.</summary>
    public static async Task<int> RunAsync(IReadOnlyDictionary<string, string> variables, bool restoring, Func<OperatorHost, Task<int>> action, CancellationToken ct)
    {
        await using var host = new OperatorHost();
        await host.OpenAsync(ServiceSettings.Read(variables, SettingsNeed.Service, TimeProvider.System.GetUtcNow()), restoring, ct);
        if (!restoring)
            await host.MigrateAsync(ct);
        var exitCode = await action(host);
        await host._services!.SendWaitingMailAsync(ct); // no service runs here that would
        return exitCode;
    }

    /// <summary>Brings the database to today's shape.</summary>
    public Task MigrateAsync(CancellationToken ct) => _services!.GetRequiredService<DatabaseInitializer>().MigrateAsync(ct);

    /// <summary>Sends a request through the pipeline, in a scope of its own.</summary>
    /// <exception cref="CommandFailedException">It was refused.</exception>
    public async Task<T> SendAsync<T>(IRequest<Result<T>> request, CancellationToken ct)
    {
        await using var scope = _services!.CreateAsyncScope();
        return Answer.Of(await scope.ServiceProvider.GetRequiredService<ISender>().Send(request, ct));
    }

    /// <summary>Uses a service in a scope of its own.</summary>
    public async Task<T> UseAsync<TService, T>(Func<TService, Task<T>> use)
        where TService : notnull
    {
        await using var scope = _services!.CreateAsyncScope();
        return await use(scope.ServiceProvider.GetRequiredService<TService>());
    }

    public async ValueTask DisposeAsync()
    {
        if (_services is not null)
            await _services.GetRequiredService<IAuditTrail>().CloseAsync();
        while (_open.TryPop(out var opened))
            await opened.DisposeAsync();
    }

    private async Task OpenAsync(ServiceSettings settings, bool restoring, CancellationToken ct)
    {
        Folder = DataFolder.Open(settings, restoring);
        await ServiceDefaults.ApplyAsync(settings, Folder, ct);
        var log = ServiceLog.Create(settings, toError: true, least: LogEventLevel.Fatal);
        _open.Push(log);

        using var loggers = ServiceLog.Quiet(log);
        var redis = await RedisSource.ForCommandAsync(settings, Folder, loggers, ct);
        _open.Push(redis);
        settings["Redis:ConnectionString"] = redis.ConnectionString;
        if (redis.PublicUrl is { } publicUrl)
            settings["Accounts:PublicUrl"] = publicUrl;

        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings.Values).Build();
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(configuration);
        services.AddLogging(logging => logging.AddSerilog(log));
        services.AddApplication().AddInfrastructure(configuration);
        services.RemoveAll<IHostedService>();
        services.AddScoped<ICurrentUser>(_ => new OperatorUser(Environment.UserName));
        var provider = services.BuildServiceProvider(new ServiceProviderOptions { ValidateScopes = true });
        _open.Push(provider);
        _services = provider;

        provider.GetService<IStartupValidator>()?.Validate();
    }
}
