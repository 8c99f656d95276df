using System.Net;
using System.Security.Cryptography;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using MusicGen.Application.Identity.SetTier;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Generations;

/// <summary>Tasks as their owners see them: the same music for the same seed, one task for one name, no tier that starves.</summary>
public sealed class TaskJourneyTests(MusicGenApp app)
{
    [Fact]
    public async Task The_same_seed_gives_the_same_bytes_alone_and_among_ten_at_once()
    {
        using var alone = await EnterpriseAsync();
        var expected = await HashAsync(alone, await alone.StartAsync("calm piano, 72 bpm, D minor", 3, seed: 7));

        using var crowd = await EnterpriseAsync();
        var tasks = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => crowd.StartAsync("calm piano, 72 bpm, D minor", 3, seed: i < 5 ? 7 : 8)));
        var hashes = new List<string>();
        foreach (var task in tasks)
            hashes.Add(await HashAsync(crowd, task));

        Assert.All(hashes.Take(5), h => Assert.Equal(expected, h));
        Assert.Single(hashes.Skip(5).Distinct(StringComparer.Ordinal));
        Assert.NotEqual(expected, hashes[5]);
        Assert.NotEqual(expected, await HashAsync(alone, await alone.StartAsync("heavy metal, 180 bpm", 3, seed: 7)));
    }

    [Fact]
    public async Task Many_requests_of_one_name_at_once_make_one_task_and_one_charge()
    {
        using var browser = await EnterpriseAsync();
        var request = new { prompt = "happy ukulele", duration = 1.5, seed = 3 };

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => browser.GenerateAsync(request, "one-name")));

        Assert.All(answers, a => Assert.Equal(HttpStatusCode.Accepted, a.StatusCode));
        var tasks = await Task.WhenAll(answers.Select(async a => (await a.JsonAsync())["task_id"]!.GetValue<string>()));
        var task = Assert.Single(tasks.Distinct(StringComparer.Ordinal));
        await browser.WaitAsync(task);
        var quota = await (await browser.GetAsync("/api/v1/quota")).JsonAsync();
        Assert.Equal(1.5, quota["audio_seconds"]!["used"]!.GetValue<double>());
        using var other = await browser.GenerateAsync(request with { seed = 4 }, "one-name");
        await other.MustBeProblemAsync(HttpStatusCode.UnprocessableEntity, "idempotency.mismatch");
    }

    // Hangfire's own queues are strictly prioritised; ours have workers of their own.
    [Fact]
    public async Task A_free_task_goes_ahead_while_a_paying_tier_has_a_long_queue()
    {
        using var rich = await EnterpriseAsync();
        using var poor = await app.RegisterAsync();
        var queue = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => rich.StartAsync("orchestral epic", 60, i)));

        var free = await poor.WaitAsync(await poor.StartAsync("simple folk guitar", 1));

        Assert.Equal("completed", free["status"]!.GetValue<string>());
        var waiting = (await (await rich.GetAsync("/api/v1/generate?status=pending&limit=100")).JsonAsync())["items"]!.AsArray();
        Assert.NotEmpty(waiting);
        foreach (var task in queue)
            using (await rich.PostAsync($"/api/v1/generate/{task}/cancel"))
            {
            }
    }

    [Fact]
    public async Task Stopping_a_task_gives_back_what_was_not_made()
    {
        using var browser = await EnterpriseAsync();
        var running = await browser.StartAsync("ambient pads", 300);
        while ((await browser.TaskAsync(running))["steps_done"]!.GetValue<int>() == 0)
            await Task.Delay(20, TestContext.Current.CancellationToken);

        using var cancelled = await browser.PostAsync($"/api/v1/generate/{running}/cancel");

        var task = await cancelled.JsonAsync();
        Assert.Equal("cancelled", task["status"]!.GetValue<string>());
        var made = 300.0 * task["steps_done"]!.GetValue<int>() / task["steps_total"]!.GetValue<int>();
        var used = (await (await browser.GetAsync("/api/v1/quota")).JsonAsync())["audio_seconds"]!["used"]!.GetValue<double>();
        Assert.InRange(used, 0.001, 299.999);
        Assert.Equal(made, used, 0.01);
        using var audio = await browser.GetAsync($"/api/v1/generate/{running}/audio");
        await audio.MustBeProblemAsync(HttpStatusCode.Conflict, "generation.not_completed");
    }

    private static async Task<string> HashAsync(Browser browser, string task)
    {
        var ended = await browser.WaitAsync(task, TimeSpan.FromMinutes(1));
        Assert.Equal("completed", ended["status"]!.GetValue<string>());
        return Convert.ToHexString(SHA256.HashData(await browser.AudioAsync(task)));
    }

    private async Task<Browser> EnterpriseAsync()
    {
        var browser = await app.RegisterAsync();
        var result = await app.InScopeAsync(s => s.GetRequiredService<ISender>().Send(new SetTierCommand(browser.Email, "enterprise"), TestContext.Current.CancellationToken));
        Assert.True(result.IsSuccess);
        return browser;
    }
}
