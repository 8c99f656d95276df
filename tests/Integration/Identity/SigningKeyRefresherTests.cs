using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using MusicGen.Infrastructure.Identity;
using MusicGen.Integration.Persistence;

namespace MusicGen.Integration.Identity;

/// <summary>Keys that were revoked elsewhere must become known here, also after a bad moment.</summary>
public sealed class SigningKeyRefresherTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_look_that_was_given_up_is_not_the_last()
    {
        await using var database = await TestDatabase.CreateAsync(DatabaseKind.Sqlite);
        var (clock, scopes) = (new FakeTimeProvider(DateTimeOffset.UtcNow), new TiringScopes(database.Node().GetRequiredService<IServiceScopeFactory>()));
        var options = Options.Create(new JwtOptions { SecretKey = "q7Zr1vX0mT4kB9sW2nHf8dLc6yEa3pGu" });
        using var refresher = new SigningKeyRefresher(new SigningKeyRing(scopes, new SecretKeys(options), options, clock), clock, NullLogger<SigningKeyRefresher>.Instance);
        await refresher.StartAsync(Ct);

        scopes.IsTired = true;
        await UntilAsync(() => scopes.GivenUp > 0);
        scopes.IsTired = false;
        var before = scopes.Opened;
        await UntilAsync(() => scopes.Opened > before);
        await refresher.StopAsync(Ct);

        async Task UntilAsync(Func<bool> isSo)
        {
            while (!isSo())
            {
                Assert.False(refresher.ExecuteTask!.IsCompleted, "It looks no more.");
                clock.Advance(TimeSpan.FromSeconds(5));
                await Task.Delay(20, Ct);
            }
        }
    }

    private sealed class TiringScopes(IServiceScopeFactory inner) : IServiceScopeFactory
    {
        private int _givenUp;
        private int _opened;

        public bool IsTired { get; set; }

        public int GivenUp => Volatile.Read(ref _givenUp);

        public int Opened => Volatile.Read(ref _opened);

        public IServiceScope CreateScope()
        {
            if (IsTired)
            {
                Interlocked.Increment(ref _givenUp);
                throw new TaskCanceledException("The driver gave up.");
            }

            Interlocked.Increment(ref _opened);
            return inner.CreateScope();
        }
    }
}
