using MediatR;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using MusicGen.Application;
using MusicGen.Application.Auditing;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;
using MusicGen.Infrastructure;
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

    /// <summary>Runs an action in an operator's host and ends it.</summary>
    public static async Task<int> RunAsync(IReadOnlyDictionary<string, string> variables, Func<OperatorHost, Task<int>> action, CancellationToken ct)
    {
        await using var host = new OperatorHost();
        await host.OpenAsync(ServiceSettings.Read(variables, SettingsNeed.Service, TimeProvider.System.GetUtcNow()), ct);
        return await action(host);
    }

    /// <summary>Sends a request through the pipeline, in a scope of its own.</summary>
    /// <exception cref="CommandFailedException">It was refused.</exception>
    public async Task<T> SendAsync<T>(IRequest<Result<T>> request, CancellationToken ct)
    {
        await using var scope = _services!.CreateAsyncScope();
        return Answer.Of(await scope.ServiceProvider.GetRequiredService<ISender>().Send(request, ct));
    }

    public async ValueTask DisposeAsync()
    {
        if (_services is not null)
            await _services.GetRequiredService<IAuditTrail>().CloseAsync();
        while (_open.TryPop(out var opened))
            await opened.DisposeAsync();
    }

    private async Task OpenAsync(ServiceSettings settings, CancellationToken ct)
    {
        var folder = DataFolder.Open(settings);
        await ServiceDefaults.ApplyAsync(settings, folder, ct);
        var log = ServiceLog.Create(settings, toError: true, least: LogEventLevel.Fatal);
        _open.Push(log);

        using var loggers = ServiceLog.Quiet(log);
        var redis = await RedisSource.ForCommandAsync(settings, folder, loggers, ct);
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
        await provider.GetRequiredService<DatabaseInitializer>().MigrateAsync(ct);
    }
}
