using Microsoft.Playwright;
using MusicGen.Integration.Support;

[assembly: AssemblyFixture(typeof(Chromium))]

namespace MusicGen.Integration.Support;

/// <summary>Debian's browser, started when the first test of a page asks for it; contexts keep the tests apart.</summary>
public sealed class Chromium : IAsyncDisposable
{
    private const string Program = "/usr/bin/chromium";

    private readonly SemaphoreSlim _one = new(1);
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    /// <summary>The one of all tests; skips the test where there is none.</summary>
    public static async Task<IBrowser> RunningAsync()
    {
        Assert.SkipUnless(File.Exists(Program), "chromium is not installed");
        var fixture = await TestContext.Current.GetFixture<Chromium>();
        return await fixture!.StartedAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
            await _browser.DisposeAsync();
        _playwright?.Dispose();
        _one.Dispose();
    }

    private async Task<IBrowser> StartedAsync()
    {
        await _one.WaitAsync();
        try
        {
            _playwright ??= await Playwright.CreateAsync();
            if (_browser is not { IsConnected: true })
            {
                _browser = await _playwright.Chromium.LaunchAsync(new()
                {
                    ExecutablePath = Program,
                    Args = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run", "--autoplay-policy=no-user-gesture-required"],
                });
            }

            return _browser;
        }
        finally
        {
            _one.Release();
        }
    }
}
