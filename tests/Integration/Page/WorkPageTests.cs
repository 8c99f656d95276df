using MediatR;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using MusicGen.Application.Generations;
using MusicGen.Application.Identity.SetRole;
using MusicGen.Application.Nodes;
using MusicGen.Application.Persistence;
using MusicGen.Domain.Generations;
using MusicGen.Infrastructure.Nodes;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Page;

/// <summary>The admins' section on nodes and queues in a real browser.</summary>
[Collection(nameof(Alone))]
public sealed class WorkPageTests
{
    [Fact]
    public async Task An_admin_pauses_a_tier_sees_what_waits_tries_a_failure_again_and_drains_a_node()
    {
        await using var browser = await PageBrowser.StartAsync();
        var user = await browser.SignUpAsync("somebody");
        var admin = await AdminAsync(browser);
        var free = admin.Locator("[data-testid='queue'][data-tier='free']");

        await free.GetByTestId("queue-pause").ClickAsync();
        await admin.GetByTestId("ask-yes").ClickAsync();
        await Assertions.Expect(free.GetByTestId("queue-paused")).ToBeVisibleAsync();
        await PausedAsync(browser);
        await user.GetByTestId("prompt").FillAsync("kazoos in secret");
        await user.GetByTestId("generate").ClickAsync();
        var waiting = admin.GetByTestId("waiting").GetByTestId("task");
        await Assertions.Expect(waiting).ToHaveCountAsync(1); // by itself
        await Assertions.Expect(free.GetByTestId("queue-waiting")).ToHaveTextAsync("1");
        Assert.False(await PageBrowser.HoldsAsync(admin, "kazoos"));

        await FailAsync(browser);
        var failed = admin.GetByTestId("failed").GetByTestId("task");
        await Assertions.Expect(failed.GetByTestId("task-reason")).ToHaveTextAsync("There wasn't enough memory for this song.");
        await PictureAsync(admin, "work-tasks");
        await failed.GetByTestId("task-requeue").ClickAsync();
        await Assertions.Expect(failed).ToHaveCountAsync(0);
        await Assertions.Expect(waiting).ToHaveCountAsync(1);

        await free.GetByTestId("queue-pause").ClickAsync(); // resumes
        await Assertions.Expect(waiting).ToHaveCountAsync(0, new() { Timeout = 15_000 });
        var node = admin.GetByTestId("node");
        await node.GetByTestId("node-drain").FocusAsync();
        await admin.Keyboard.PressAsync("Enter");
        await admin.GetByTestId("ask-yes").PressAsync("Enter");
        await Assertions.Expect(node.GetByTestId("node-standing")).ToHaveTextAsync("Draining");
        await Assertions.Expect(node.GetByTestId("node-drain")).ToBeFocusedAsync(); // renewed, and still there
        await admin.Keyboard.PressAsync("Enter");
        await Assertions.Expect(node.GetByTestId("node-standing")).ToHaveTextAsync("Alive");
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task The_longest_waiting_task_is_in_sight_the_others_are_a_press_away_and_an_old_answer_undoes_no_order()
    {
        await using var browser = await PageBrowser.StartAsync();
        await using (var scope = browser.App.Services.CreateAsyncScope())
            await scope.ServiceProvider.GetRequiredService<INodeRegistry>().GiveAsync(NodeOrder.Pause(MusicGen.Domain.Identity.Tier.Free), CancellationToken.None);
        await PausedAsync(browser);
        await browser.SignUpAsync("somebody");
        var ids = await WaitAsync(browser, 45);
        var admin = await AdminAsync(browser);
        var waiting = admin.GetByTestId("waiting").GetByTestId("task");
        var more = admin.GetByTestId("waiting-more");
        await Assertions.Expect(waiting).ToHaveCountAsync(20);
        await Assertions.Expect(waiting.First).ToHaveAttributeAsync("data-task", ids[0]);

        await more.FocusAsync();
        await admin.Keyboard.PressAsync("Enter");
        await Assertions.Expect(waiting).ToHaveCountAsync(40);
        await Assertions.Expect(more).ToBeFocusedAsync();
        await admin.Keyboard.PressAsync("Enter");
        await Assertions.Expect(waiting).ToHaveCountAsync(45);
        await Assertions.Expect(more).ToBeHiddenAsync();
        await Assertions.Expect(waiting.Nth(40).GetByTestId("task-cancel")).ToBeFocusedAsync();
        await Assertions.Expect(waiting.Last).ToHaveAttributeAsync("data-task", ids[^1]);

        // A look that was sent before the order is answered after it.
        var held = new TaskCompletionSource<IRoute>();
        await admin.RouteAsync("**/api/v1/admin/tasks?status=waiting*", route =>
        {
            if (!held.TrySetResult(route))
                _ = route.ContinueAsync();
        });
        var look = await held.Task.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        var before = await look.FetchAsync();
        await waiting.First.GetByTestId("task-cancel").ClickAsync();
        await admin.GetByTestId("ask-yes").ClickAsync();
        await Assertions.Expect(waiting).ToHaveCountAsync(44);
        await admin.EvaluateAsync("() => { window.back = 0; new MutationObserver(() => { window.back++; }).observe(document.querySelector('[data-testid=waiting]'), { childList: true }); }");
        await look.FulfillAsync(new() { Response = before });
        await Task.Delay(500, TestContext.Current.CancellationToken);

        Assert.Equal(0, await admin.EvaluateAsync<int>("() => window.back"));
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task A_node_is_shown_with_its_memory_models_and_problems_and_takes_orders_in_both_themes_on_a_phone_and_beside_the_jobs_dashboard()
    {
        await using var browser = await PageBrowser.StartAsync();
        await using var gpu = new ToldNode(browser.App);
        var admin = await AdminAsync(browser);
        var node = admin.Locator("[data-node='gpu-1']");
        await Assertions.Expect(node.GetByTestId("device")).ToHaveCountAsync(2);
        await Assertions.Expect(node.GetByTestId("node-problems")).ToContainTextAsync("needs 14 GB");
        var medium = node.Locator("[data-model='facebook/musicgen-medium']");
        await Assertions.Expect(medium.GetByTestId("model-state")).ToHaveTextAsync("Not in memory");

        await medium.GetByTestId("model-order").ClickAsync();
        await Assertions.Expect(medium.GetByTestId("model-state")).ToHaveTextAsync("Being loaded");
        Assert.Contains(NodeOrder.Load("gpu-1", "facebook/musicgen-medium"), (await browser.App.Services.GetRequiredService<INodeRegistry>().ReadAsync(CancellationToken.None)).Orders);

        foreach (var (scheme, width) in new[] { (ColorScheme.Light, 1280), (ColorScheme.Dark, 1280), (ColorScheme.Light, 390) })
        {
            await admin.SetViewportSizeAsync(width, 1000);
            await admin.EmulateMediaAsync(new() { ColorScheme = scheme });
            await PictureAsync(admin, $"work-{scheme}-{width}");
            Assert.True(await PageBrowser.FitsAsync(admin));
        }

        await gpu.DisposeAsync();
        await Assertions.Expect(node.GetByTestId("node-standing")).ToContainTextAsync("Left", new() { Timeout = 10_000 });
        await ForgetAsync(admin, browser.App.Services.GetRequiredService<INodeRegistry>());
        await LookIntoTheDashboardAsync(admin, browser.App.Address);
        Assert.Empty(browser.Complaints);
    }

    // A node that nobody has heard of for long stands apart while it is to drain.
    private static async Task ForgetAsync(IPage admin, INodeRegistry registry)
    {
        await registry.GiveAsync(NodeOrder.Drain("old-pod"), TestContext.Current.CancellationToken);
        await Assertions.Expect(admin.GetByTestId("forgotten")).ToContainTextAsync("old-pod", new() { Timeout = 10_000 });
        Assert.True(await PageBrowser.FitsAsync(admin));
        await PictureAsync(admin, "work-forgotten");
        await admin.GetByTestId("node-resume").ClickAsync();
        await Assertions.Expect(admin.GetByTestId("forgotten-nodes")).ToBeHiddenAsync();
        Assert.False((await registry.ReadAsync(TestContext.Current.CancellationToken)).IsToDrain("old-pod"));
    }

    // What its pages and scripts need, its policy allows; the complaints tell.
    private static async Task LookIntoTheDashboardAsync(IPage admin, Uri address)
    {
        await admin.SetViewportSizeAsync(1280, 900);
        foreach (var path in new[] { "jobs/enqueued", "jobs/succeeded", "servers", "retries", "recurring" })
            await admin.GotoAsync(new Uri(address, $"/admin/jobs/{path}").ToString());
        await admin.GotoAsync(new Uri(address, "/#admin").ToString());
        await admin.GetByTestId("jobs-link").ClickAsync();
        await Assertions.Expect(admin.GetByText("Realtime Graph")).ToBeVisibleAsync();
        await PictureAsync(admin, "jobs");
        await admin.GetByText("Back to site").ClickAsync();
        await Assertions.Expect(admin.GetByTestId("node").First).ToBeVisibleAsync();
    }

    private static async Task PictureAsync(IPage page, string name)
    {
        if (Environment.GetEnvironmentVariable("MUSICGEN_TEST_PICTURES") is { Length: > 0 } folder)
            await page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"{name}.png"), FullPage = true });
    }

    private static async Task<IPage> AdminAsync(PageBrowser browser)
    {
        var page = await browser.SignUpAsync("boss");
        Assert.True((await browser.App.InScopeAsync(services => services.GetRequiredService<ISender>().Send(new SetRoleCommand("boss@example.org", "admin")))).IsSuccess);
        await page.ReloadAsync();
        await page.GetByTestId("admin-link").ClickAsync();
        await Assertions.Expect(page.GetByTestId("node").First).ToBeVisibleAsync();
        return page;
    }

    private static async Task PausedAsync(PageBrowser browser)
    {
        var queues = browser.App.Services.GetRequiredService<MusicGen.Infrastructure.Generations.OpenQueues>();
        while (queues.Of(MusicGen.Domain.Identity.Tier.Free).Names.Count > 0)
            await Task.Delay(100, TestContext.Current.CancellationToken);
    }

    /// <summary>The ids of new tasks of the first account's, the oldest first.</summary>
    private static Task<List<string>> WaitAsync(PageBrowser browser, int count) => browser.App.InScopeAsync(async services =>
    {
        var db = services.GetRequiredService<IMusicGenDbContext>();
        var owner = await db.Users.Select(u => u.Id).FirstAsync();
        var ids = new List<string>();
        for (var i = 0; i < count; i++)
        {
            var at = DateTimeOffset.UtcNow.AddMinutes(i - count);
            var id = GenerationId.New(at);
            db.Generations.Add(new Generation(
                id, owner, MusicGen.Domain.Identity.Tier.Free, "kazoos", 10, 1, "embedded-composer", "embedded-composer", neural: false, new GenerationParameters(), id.ToString(), at));
            ids.Add(id.ToString());
        }

        await db.SaveChangesAsync(CancellationToken.None);
        return ids;
    });

    // As its worker would.
    private static Task<int> FailAsync(PageBrowser browser) => browser.App.InScopeAsync(async services =>
    {
        var db = services.GetRequiredService<IMusicGenDbContext>();
        Assert.True((await db.Generations.SingleAsync()).Fail(0, GenerationErrors.EngineFailed, "There wasn't enough memory for this song.", DateTimeOffset.UtcNow));
        return await db.SaveChangesAsync(CancellationToken.None);
    });

    /// <summary>A node of which this server hears every second, and that follows no order.</summary>
    private sealed class ToldNode : IAsyncDisposable
    {
        private readonly CancellationTokenSource _end = new();
        private readonly RedisNodeRegistry _registry;
        private readonly Task _telling;

        private static NodeState State { get; } = new()
        {
            Name = "gpu-1",
            Role = NodeRole.Worker,
            Version = "3.1.0",
            StartedAt = DateTimeOffset.UtcNow.AddHours(-5),
            Workers = new Dictionary<string, int> { ["free"] = 2, ["premium"] = 2, ["enterprise"] = 4 },
            Tasks = ["0190a000-0000-7000-8000-000000000001"],
            Devices =
            [
                new DeviceState("cuda:0", "torch-cuda-fp16", 20_000_000_000, 18_900_000_000, 5, 8, ["facebook/musicgen-small"]),
                new DeviceState("cuda:1", "torch-cuda-fp16", 20_000_000_000, 3_300_000_000, 1, 8, ["facebook/musicgen-small"]),
            ],
            Models = [Model("facebook/musicgen-small", loaded: true), Model("facebook/musicgen-medium", loaded: false)],
            Problems = ["facebook/musicgen-large: it needs 14 GB of memory, and 20 GB less what others hold is too little."],
        };

        public ToldNode(MusicGenApp app)
        {
            _registry = new RedisNodeRegistry(app.Services.GetRequiredService<StackExchange.Redis.IDatabase>(), new MusicGen.Infrastructure.Redis.RedisClock());
            _telling = TellAsync();
        }

        public async ValueTask DisposeAsync()
        {
            await _end.CancelAsync();
            await _telling;
            await _registry.LeaveAsync(State);
        }

        private async Task TellAsync()
        {
            while (!_end.IsCancellationRequested)
            {
                await _registry.AnnounceAsync(State);
                await Task.WhenAny(Task.Delay(1000), Task.Delay(Timeout.Infinite, _end.Token));
            }
        }

        private static MusicModel Model(string id, bool loaded) => new(id, "torch-cuda-fp16", Neural: true, [32000], 1, 300, "CC-BY-NC-4.0", loaded, []);
    }
}
