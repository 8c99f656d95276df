using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using MusicGen.Infrastructure.Sessions;

namespace MusicGen.Unit.Infrastructure.Sessions;

/// <summary>Noting when a token was used is a courtesy: whatever fails in it ends nothing.</summary>
public sealed class PersonalTokenLoaderTests
{
    [Fact]
    public async Task A_use_that_cannot_be_noted_does_not_end_the_loop()
    {
        var scopes = new BrokenScopes();
        using var loader = new PersonalTokenLoader(scopes, database: null!, TimeProvider.System, NullLogger<PersonalTokenLoader>.Instance);
        await loader.StartAsync(TestContext.Current.CancellationToken);
        loader.NoteUse("one");
        loader.NoteUse("another");

        await scopes.AskedTwice.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        Assert.False(loader.ExecuteTask!.IsFaulted);
        await loader.StopAsync(TestContext.Current.CancellationToken);
    }

    private sealed class BrokenScopes : IServiceScopeFactory
    {
        private readonly TaskCompletionSource _twice = new();
        private int _asked;

        public Task AskedTwice => _twice.Task;

        public IServiceScope CreateScope()
        {
            if (++_asked == 2)
                _twice.SetResult();
            throw new TimeoutException("No connection in time.");
        }
    }
}
