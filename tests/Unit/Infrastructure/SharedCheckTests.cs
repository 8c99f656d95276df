using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Time.Testing;
using MusicGen.Infrastructure;

namespace MusicGen.Unit.Infrastructure;

/// <summary>However many ask, a store is looked at once at a time and once a second at most.</summary>
public sealed class SharedCheckTests : IDisposable
{
    private readonly FakeTimeProvider _clock = new();
    private readonly Store _store = new();
    private readonly ServiceProvider _services;
    private readonly HealthCheckContext _context = new() { Registration = new HealthCheckRegistration("store", _ => null!, null, null) };

    public SharedCheckTests() => _services = new ServiceCollection().AddLogging().AddSingleton<TimeProvider>(_clock).AddSingleton(_store)
        .AddSingleton<SharedCheck<Look>>().BuildServiceProvider(validateScopes: true);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task All_who_ask_at_once_and_within_a_second_share_one_look()
    {
        _store.Answer = new TaskCompletionSource<HealthCheckResult>();
        var asking = Enumerable.Range(0, 20).Select(_ => AskAsync()).ToList();
        _store.Answer.SetResult(HealthCheckResult.Unhealthy("It is full."));

        Assert.All(await Task.WhenAll(asking), r => Assert.Equal((HealthStatus.Unhealthy, "It is full."), (r.Status, r.Description)));
        _store.Answer = Well();
        Assert.Equal(HealthStatus.Unhealthy, (await AskAsync()).Status);
        Assert.Equal(1, _store.Looks);

        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(HealthStatus.Healthy, (await AskAsync()).Status);
        Assert.Equal(2, _store.Looks);
    }

    [Fact]
    public async Task Of_a_look_that_hangs_there_is_never_a_second_and_nobody_waits_for_it_after_its_time()
    {
        _store.Answer = new TaskCompletionSource<HealthCheckResult>();
        var first = AskAsync();
        var left = _store.Answer;
        while (_store.Looks == 0)
            await Task.Yield();
        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(HealthStatus.Unhealthy, (await first).Status);

        for (var second = 0; second < 60; second++)
        {
            Assert.Equal(HealthStatus.Unhealthy, (await AskAsync()).Status);
            _clock.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(1, _store.Looks);
        _store.Answer = Well();
        left.SetResult(HealthCheckResult.Healthy());
        while ((await AskAsync()).Status != HealthStatus.Healthy && !Ct.IsCancellationRequested)
            await Task.Yield();
    }

    [Fact]
    public async Task Who_leaves_ends_the_look_of_nobody_else()
    {
        _store.Answer = new TaskCompletionSource<HealthCheckResult>();
        using var leaving = new CancellationTokenSource();
        var first = _services.GetRequiredService<SharedCheck<Look>>().CheckHealthAsync(_context, leaving.Token);
        var second = AskAsync();

        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        _store.Answer.SetResult(HealthCheckResult.Healthy());

        Assert.Equal(HealthStatus.Healthy, (await second).Status);
        Assert.Equal(1, _store.Looks);
    }

    public void Dispose() => _services.Dispose();

    private static TaskCompletionSource<HealthCheckResult> Well()
    {
        var well = new TaskCompletionSource<HealthCheckResult>();
        well.SetResult(HealthCheckResult.Healthy());
        return well;
    }

    private Task<HealthCheckResult> AskAsync() => _services.GetRequiredService<SharedCheck<Look>>().CheckHealthAsync(_context, Ct);

    private sealed class Store
    {
        private int _looks;

        public int Looks => Volatile.Read(ref _looks);

        public TaskCompletionSource<HealthCheckResult> Answer { get; set; } = Well();

        // As a disk that hangs: no token takes it back.
        public Task<HealthCheckResult> LookAsync()
        {
            var answer = Answer.Task;
            Interlocked.Increment(ref _looks);
            return answer;
        }
    }

    private sealed class Look(Store store) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => store.LookAsync();
    }
}
