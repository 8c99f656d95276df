using Microsoft.Playwright;

namespace MusicGen.Integration.Support;

/// <summary>
/// A server and a real browser beside it, for tests of the page. What the page complains of, its own CSP or a thrown
/// error, is kept and must be nothing.
/// </summary>
public sealed class PageBrowser : IAsyncDisposable
{
    public const string Password = "violet teapot orbit 7";

    private readonly List<string> _complaints = [];
    private readonly List<IBrowserContext> _contexts = [];
    private readonly IBrowser _browser;
    private readonly MusicGenApp _app;

    private PageBrowser(IBrowser browser, MusicGenApp app) => (_browser, _app) = (browser, app);

    public MusicGenApp App => _app;

    /// <summary>What went wrong on any page so far.</summary>
    public IReadOnlyList<string> Complaints
    {
        get
        {
            lock (_complaints)
                return [.. _complaints];
        }
    }

    /// <summary>Starts a server; skips the test where there is no browser.</summary>
    public static async Task<PageBrowser> StartAsync(params (string Name, string Value)[] variables)
    {
        var browser = await Chromium.RunningAsync();
        var app = await MusicGenApp.StartByNameAsync([("TRUSTED_PROXIES", "127.0.0.1,::1"), .. variables]);
        return new PageBrowser(browser, app);
    }

    /// <summary>A browser of its own: nobody else's cookies, at an address of its own.</summary>
    public Task<IBrowserContext> NewContextAsync(BrowserNewContextOptions? options = null)
    {
        options ??= new() { ViewportSize = new() { Width = 1280, Height = 900 } };
        options.AcceptDownloads = true;
        options.ExtraHTTPHeaders = [new("X-Forwarded-For", $"198.51.100.{_contexts.Count + 1}")];
        return KeptAsync(options);
    }

    /// <summary>
    /// The same for another's page: without a header of ours, which the browser would have to ask the service to allow.
    /// </summary>
    public Task<IBrowserContext> NewPlainContextAsync() => KeptAsync(null);

    /// <summary>A tab with the page in it.</summary>
    public async Task<IPage> OpenAsync(IBrowserContext context, string path = "/")
    {
        var page = await context.NewPageAsync();
        page.PageError += (_, error) => Complain(error);
        page.Console += (_, message) =>
        {
            // The browser's own lines for 4xx answers are no complaint.
            if (message.Type == "error" && !message.Text.StartsWith("Failed to load resource", StringComparison.Ordinal))
                Complain(message.Text);
        };
        await page.GotoAsync(new Uri(_app.Address, path).ToString());
        return page;
    }

    /// <summary>A tab of a new browser, with a new account signed in.</summary>
    public async Task<IPage> SignUpAsync(string name, BrowserNewContextOptions? options = null)
    {
        var page = await OpenAsync(await NewContextAsync(options));
        await page.GetByTestId("signup-tab").ClickAsync();
        await page.GetByTestId("email").FillAsync($"{name}@example.org");
        await page.GetByTestId("username").FillAsync(name);
        await page.GetByTestId("password").FillAsync(Password);
        await page.GetByTestId("submit-auth").ClickAsync();
        await Assertions.Expect(page.GetByTestId("prompt")).ToBeFocusedAsync(new() { Timeout = 15_000 });
        return page;
    }

    /// <summary>A tab of a new browser, with an account that is there already signed in.</summary>
    public async Task<IPage> SignInAsync(string name, string password = Password)
    {
        var page = await OpenAsync(await NewContextAsync());
        await FillSignInAsync(page, name, password);
        await Assertions.Expect(page.GetByTestId("prompt")).ToBeFocusedAsync(new() { Timeout = 15_000 });
        return page;
    }

    /// <summary>Fills the form and sends it; what follows is for the test to say.</summary>
    public static async Task FillSignInAsync(IPage page, string name, string password = Password)
    {
        await page.GetByTestId("signin-tab").ClickAsync();
        await page.GetByTestId("email").FillAsync($"{name}@example.org");
        await page.GetByTestId("password").FillAsync(password);
        await page.GetByTestId("submit-auth").ClickAsync();
    }

    /// <summary>Goes to the account's page by its link.</summary>
    public static async Task OpenAccountAsync(IPage page)
    {
        await page.GetByTestId("account-link").ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Your account" })).ToBeFocusedAsync();
        await Assertions.Expect(page.GetByTestId("device").First).ToBeVisibleAsync();
    }

    /// <summary>Answers "Confirm it's you" with the password.</summary>
    public static async Task StepUpAsync(IPage page, string password = Password)
    {
        await page.GetByTestId("step-up-password").FillAsync(password);
        await page.GetByTestId("step-up-submit").ClickAsync();
        await Assertions.Expect(page.GetByTestId("step-up")).ToHaveCountAsync(0);
    }

    /// <summary>Confirms, in the dialog that shows them, that the recovery codes are kept.</summary>
    /// <returns>The codes.</returns>
    public static async Task<IReadOnlyList<string>> KeepCodesAsync(IPage page)
    {
        await Assertions.Expect(page.GetByTestId("recovery-dialog")).ToBeVisibleAsync();
        var codes = await page.GetByTestId("recovery-codes").Locator("li").AllInnerTextsAsync();
        await page.GetByTestId("recovery-kept").CheckAsync();
        await page.GetByTestId("recovery-done").ClickAsync();
        await Assertions.Expect(page.GetByTestId("recovery-dialog")).ToHaveCountAsync(0);
        return codes;
    }

    /// <summary>Whether a text stands anywhere on the page, in what is seen or in a field.</summary>
    public static Task<bool> HoldsAsync(IPage page, string text) =>
        page.EvaluateAsync<bool>("text => document.documentElement.outerHTML.includes(text) || [...document.querySelectorAll('input')].some((input) => input.value.includes(text))", text);

    /// <summary>Waits for a condition. Playwright's own waiting evaluates text inside the page, which the page's CSP forbids, as it should.</summary>
    public static async Task UntilAsync(IPage page, string condition)
    {
        for (var attempt = 0; attempt < 100; attempt++)
        {
            if (await page.EvaluateAsync<bool>(condition))
                return;
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }

        Assert.Fail($"Never came true: {condition}");
    }

    /// <summary>Whether nothing sticks out of the window at its side.</summary>
    public static Task<bool> FitsAsync(IPage page) => page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= window.innerWidth");

    public async ValueTask DisposeAsync()
    {
        foreach (var context in _contexts)
            await context.DisposeAsync();
        await _app.DisposeAsync();
    }

    private async Task<IBrowserContext> KeptAsync(BrowserNewContextOptions? options)
    {
        var context = await _browser.NewContextAsync(options);
        _contexts.Add(context);
        return context;
    }

    private void Complain(string complaint)
    {
        lock (_complaints)
            _complaints.Add(complaint);
    }
}
