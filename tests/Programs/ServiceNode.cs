using MediatR;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using MusicGen.Application;
using MusicGen.Application.Pipeline;
using MusicGen.Application.Sessions;
using MusicGen.Domain;
using MusicGen.Infrastructure;
using MusicGen.Infrastructure.Persistence;
using MusicGen.WebApi.CommandLine;

namespace MusicGen.Programs;

/// <summary>What one node knows of sessions, as the product wires it, without its listener and workers: for runs where HTTP would be most of the work.</summary>
internal sealed class ServiceNode : IAsyncDisposable
{
    private readonly ServiceProvider _provider;

    private ServiceNode(ServiceProvider provider) => _provider = provider;

    public ISessionStore Sessions => _provider.GetRequiredService<ISessionStore>();

    public IRequestGate Gate => _provider.GetRequiredService<IRequestGate>();

    /// <param name="redis">Where Redis is.</param>
    /// <param name="folder">Where the database is; nodes of one service share it.</param>
    /// <param name="secret">JWT_SECRET_KEY.</param>
    /// <param name="change">Replaces services, as by others with a clock of the run's own.</param>
    public static async Task<ServiceNode> StartAsync(string redis, string folder, string secret, Action<IServiceCollection>? change = null)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["Redis:ConnectionString"] = redis,
            ["Redis:PatienceMilliseconds"] = "10000", // what patience does is for `outage` to show
            ["Database:Provider"] = "sqlite",
            ["Database:ConnectionString"] = $"Data Source={Path.Combine(folder, "musicgen.db")}",
            ["Data:Folder"] = folder,
            ["Audio:Path"] = Path.Combine(folder, "audio"),
            ["Jwt:SecretKey"] = secret,
            ["Accounts:EmailVerification"] = "off",
            ["RateLimits:Free:Burst"] = "1000000",
            ["RateLimits:Free:Minute"] = "1000000",
            ["RateLimits:Free:Hour"] = "1000000",
            ["RateLimits:Free:Day"] = "1000000",
            ["Quotas:Enterprise:Minute"] = "1000000",
            ["Quotas:Enterprise:Hour"] = "1000000",
            ["Quotas:Enterprise:Day"] = "1000000",
            ["Quotas:Enterprise:AudioSeconds"] = "100000000",
            ["Queue:MaxWaiting"] = "10000",
        }).Build();
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(configuration);
        services.AddLogging();
        services.AddApplication().AddInfrastructure(configuration);
        services.RemoveAll<IHostedService>();
        services.AddScoped<ICurrentUser>(_ => new OperatorUser("programs"));
        change?.Invoke(services);
        var node = new ServiceNode(services.BuildServiceProvider());
        await node._provider.GetRequiredService<DatabaseInitializer>().MigrateAsync(CancellationToken.None);
        return node;
    }

    /// <summary>Runs a piece of work in a scope of its own.</summary>
    public async Task<T> InScopeAsync<T>(Func<IServiceProvider, Task<T>> work)
    {
        await using var scope = _provider.CreateAsyncScope();
        return await work(scope.ServiceProvider);
    }

    /// <summary>Sends a request through the product's pipeline.</summary>
    public Task<T> SendAsync<T>(IRequest<Result<T>> request) => InScopeAsync(async services =>
    {
        var result = await services.GetRequiredService<ISender>().Send(request);
        return result.IsSuccess ? result.Value : throw new InvalidOperationException($"{request.GetType().Name} was refused: {result.Error.Code}");
    });

    public ValueTask DisposeAsync() => _provider.DisposeAsync();
}
