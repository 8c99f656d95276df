using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;

namespace MusicGen.Integration.Support;

/// <summary>Reads answers, and says the whole answer when it is another than expected.</summary>
public static class Answers
{
    public static async Task<JsonNode> JsonAsync(this HttpResponseMessage answer)
    {
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return JsonNode.Parse(text) ?? throw new InvalidOperationException("The answer is null.");
    }

    /// <summary>The problem's stable name, or null where the answer is no problem.</summary>
    public static async Task<string?> CodeAsync(this HttpResponseMessage answer) =>
        answer.Content.Headers.ContentType?.MediaType == "application/problem+json" ? (await answer.JsonAsync())["code"]?.GetValue<string>() : null;

    public static async Task MustBeAsync(this HttpResponseMessage answer, HttpStatusCode status)
    {
        if (answer.StatusCode != status)
            Assert.Fail($"{answer.RequestMessage?.Method} {answer.RequestMessage?.RequestUri?.AbsolutePath} answered {(int)answer.StatusCode} instead of {(int)status}: {await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)}");
    }

    /// <summary>The refusal, by status and by reason.</summary>
    public static async Task MustBeProblemAsync(this HttpResponseMessage answer, HttpStatusCode status, string code)
    {
        await answer.MustBeAsync(status);
        Assert.Equal(code, await answer.CodeAsync());
    }

    /// <summary>Waits until what was looked at before a store came back holds no longer.</summary>
    public static async Task MustBecomeReadyAsync(this Browser browser)
    {
        var start = Stopwatch.GetTimestamp();
        while (true)
        {
            using var ready = await browser.GetAsync("/health/ready");
            if (ready.StatusCode == HttpStatusCode.OK)
                return;
            if (Stopwatch.GetElapsedTime(start) > TimeSpan.FromSeconds(5))
                await ready.MustBeAsync(HttpStatusCode.OK);
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }

    public static string? Header(this HttpResponseMessage answer, string name) =>
        answer.Headers.TryGetValues(name, out var values) || answer.Content.Headers.TryGetValues(name, out values) ? string.Join(", ", values) : null;
}
