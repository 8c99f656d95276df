using System.Net;
using MusicGen.Domain.Auditing;
using MusicGen.Integration.Edge;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Auditing;

/// <summary>Reading what is somebody else's is refused like what isn't there, and the trail knows the difference.</summary>
public sealed class ForeignObjectTests(EdgeApp edge)
{
    [Fact]
    public async Task Asking_for_somebody_elses_object_is_recorded_and_asking_for_nothing_is_not()
    {
        using var owner = await edge.RegisterAsync();
        using var reader = await edge.RegisterAsync();
        var task = await owner.StartAsync("calm piano");
        using var opened = await owner.PostAsync("/api/v1/generate/batch", new { requests = new[] { new { prompt = "jazz", duration = 1 } } });
        var batch = (await opened.JsonAsync())["batch_id"]!.GetValue<string>();
        var nothing = Guid.CreateVersion7().ToString();
        var me = (await reader.SessionAsync())["user"]!["id"]!.GetValue<string>();

        var foreign = await AnswerAsync(reader, $"/api/v1/generate/{task}/audio");
        Assert.Equal(await AnswerAsync(reader, $"/api/v1/generate/{nothing}/audio"), foreign); // the reader learns nothing
        await AnswerAsync(reader, $"/api/v1/generate/batch/{batch}");
        await AnswerAsync(reader, $"/api/v1/generate/batch/{nothing}");

        var entries = await WaitAsync(me, count: 2);
        Assert.Equal([$"generation:{task}", $"batch:{batch}"], entries.Select(e => e.Subject));
        Assert.All(entries, e => Assert.Equal(
            ("object.foreign", "authorization", AuditOutcome.Denied, reader.Address), (e.Reason, e.Event, e.Outcome, e.Address)));
    }

    private static async Task<string> AnswerAsync(Browser reader, string path)
    {
        using var answer = await reader.GetAsync(path);
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        var body = await answer.JsonAsync();
        body.AsObject().Remove("trace_id");
        return body.ToJsonString();
    }

    private async Task<List<AuditEntry>> WaitAsync(string actor, int count)
    {
        for (var attempt = 0; attempt < 100; attempt++)
        {
            var entries = (await edge.App.EntriesAsync("edge.object")).Where(e => e.Actor == actor).ToList();
            if (entries.Count >= count)
                return entries;
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }

        throw new InvalidOperationException("The trail tells too little.");
    }
}
