using System.Net;
using System.Text.Json.Nodes;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Edge;

/// <summary>In a batch each request stands for itself, whatever it is.</summary>
public sealed class BatchTests(MusicGenApp app)
{
    [Fact]
    public async Task What_is_no_request_fails_alone_and_the_batch_counts_it()
    {
        using var browser = await app.RegisterAsync();

        using var answer = await browser.PostTextAsync(
            "/api/v1/generate/batch",
            """{"requests":[{"prompt":"jazz","duration":1},null,[],{"prompt":""},{"prompt":"a","prompt":"b"},{"prompt":"x","swing":1}]}""");

        await answer.MustBeAsync(HttpStatusCode.Accepted);
        var batch = await answer.JsonAsync();
        var codes = batch["items"]!.AsArray().Select(i => i!["error"]?["code"]?.GetValue<string>()).ToList();
        Assert.Equal([null, "request.invalid", "request.invalid", "request.invalid", "request.invalid", "request.invalid"], codes);
        Assert.NotNull(batch["items"]![5]!["error"]!["errors"]!["swing"]);
        await browser.WaitAsync(batch["items"]![0]!["task_id"]!.GetValue<string>());
        var status = await (await browser.GetAsync($"/api/v1/generate/batch/{batch["batch_id"]}")).JsonAsync();
        Assert.Equal((6, 1, 5, 0), (Number(status, "total"), Number(status, "completed"), Number(status, "failed"), Number(status, "pending")));
    }

    [Fact]
    public async Task A_batch_over_quota_is_accepted_as_far_as_it_goes()
    {
        using var browser = await app.RegisterAsync();

        using var answer = await browser.PostTextAsync(
            "/api/v1/generate/batch", """{"requests":[{"prompt":"a","duration":1},{"prompt":"b","duration":1},{"prompt":"c","duration":1}]}""");

        var items = (await answer.JsonAsync())["items"]!.AsArray();
        Assert.Equal([null, null, "quota.exceeded"], items.Select(i => i!["error"]?["code"]?.GetValue<string>()));
        Assert.InRange(items[2]!["error"]!["retry_after"]!.GetValue<long>(), 1, 60);
    }

    [Fact]
    public async Task A_post_without_a_body_needs_no_content_type_to_be_told_what_is_missing()
    {
        using var browser = await app.RegisterAsync();

        using var answer = await browser.PostAsync("/api/v1/generate");

        await answer.MustBeProblemAsync(HttpStatusCode.BadRequest, "request.invalid");
    }

    private static int Number(JsonNode node, string name) => node[name]!.GetValue<int>();
}
