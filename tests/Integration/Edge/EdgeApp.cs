using MusicGen.Integration.Edge;
using MusicGen.Integration.Support;

[assembly: AssemblyFixture(typeof(EdgeApp))]

namespace MusicGen.Integration.Edge;

/// <summary>
/// A server with limits wide enough for tests that send one request for each field or endpoint. The limits themselves
/// stay on, and have tests of their own with the numbers that everybody gets.
/// </summary>
public sealed class EdgeApp : IAsyncLifetime
{
    public MusicGenApp App { get; private set; } = null!;

    public Browser NewBrowser(string? address = null) => App.NewBrowser(address);

    public Task<Browser> RegisterAsync() => App.RegisterAsync();

    public async ValueTask InitializeAsync() => App = await MusicGenApp.StartAsync(
        ("RATE_LIMIT_FREE_BURST", "1000"), ("RATE_LIMIT_FREE_MINUTE", "5000"), ("RATE_LIMIT_FREE_HOUR", "50000"), ("RATE_LIMIT_FREE_DAY", "500000"),
        ("RATE_LIMIT_REGISTER_MINUTE", "1000"), ("RATE_LIMIT_RECOVERY_MINUTE", "1000"),
        ("ALLOWED_ORIGINS", "https://front.example.org"));

    public ValueTask DisposeAsync() => App.DisposeAsync();
}
