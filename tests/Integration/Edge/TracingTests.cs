using MusicGen.Integration.Inference;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Edge;

/// <summary>What a collector sees of a request, as the protocol carries it.</summary>
[Collection(Reference.Torch)]
public sealed class TracingTests
{
    private const string Strangers = "4bf92f3577b34da6a3ce929d0e0e4736";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_trace_leads_from_the_request_at_one_node_through_the_queue_to_the_engines_steps_at_another()
    {
        Reference.NeedTorch();
        using var models = new ModelFolders("mono");
        await using var collector = await OtlpCollector.StartAsync();
        await using var redis = await RunningRedis.StartAsync(RedisKind.Garnet, $"{models.Path}/redis");
        (string, string)[] shared =
        [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Address), ("REDIS_URL", redis.ConnectionString),
            ("JWT_SECRET_KEY", "a secret of the two nodes of this test, and of no other"), ("DATABASE_PROVIDER", "sqlite"),
            ("DATABASE_URL", $"Data Source={models.Path}/shared.db"), ("AUDIO_PATH", $"{models.Path}/audio"), ("SHUTDOWN_GRACE_SECONDS", "2"),
        ];
        var worker = await ServerProcess.StartAsync([.. shared, ("NODE_ROLE", "worker"), ("NODE_NAME", "engine-1"), ("MODEL_PATH", models.Path)]);
        var app = await MusicGenApp.StartAsync([.. shared, ("NODE_ROLE", "api"), ("NODE_NAME", "door-1")]);
        var browser = await app.RegisterAsync();
        await UntilOfferedAsync(browser, "acme/mono");
        using var accepted = await browser.SendAsync(
            HttpMethod.Post, "/api/v1/generate", System.Net.Http.Json.JsonContent.Create(new { prompt = "a secret lullaby", duration = 2.0, model = "acme/mono" }),
            headers: [("traceparent", $"00-{Strangers}-00f067aa0ba902b7-01"), ("baggage", "user=ann"), ("User-Agent", "a telling agent")]);
        var task = (await accepted.JsonAsync())["task_id"]!.GetValue<string>();
        await browser.WaitAsync(task);
        var found = Assert.Single(accepted.Headers.GetValues("X-Request-ID"));
        await app.DisposeAsync(); // the last spans are sent when they stop
        await worker.StopAsync();
        await worker.DisposeAsync();

        var trace = collector.Spans.Where(s => s.Trace == found).ToList();
        var names = trace.Select(s => s.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var name in new[]
        {
            "POST api/v1/generate", "GenerateMusicCommand", "enqueue", "work", "RunGenerationCommand", "generate", "engine.wait", "engine.load", "engine.text", "engine.decode",
            "engine.codec", "engine.master", "store",
        })
            Assert.True(names.Contains(name), $"{name} is missing among {string.Join(", ", names)}");

        var byId = trace.ToDictionary(s => s.Id);
        Assert.Equal(
            ["engine.decode", "generate", "RunGenerationCommand", "work", "enqueue", "GenerateMusicCommand", "POST api/v1/generate"],
            Ancestors(trace.First(s => s.Name == "engine.decode"), byId).Select(s => s.Name));
        Assert.Contains(trace, s => s.Name == "engine.decode" && s.Events >= 1);
        Assert.Equal("acme/mono", trace.First(s => s.Name == "generate").Tags["musicgen.model"]);
        Assert.Equal(task, trace.First(s => s.Name == "work").Tags["musicgen.task"]);
        Assert.All(trace, s => Assert.Equal("musicgen", s.Resource["service.name"]));
        Assert.Equal(["GenerateMusicCommand", "POST api/v1/generate", "enqueue"], trace.Where(s => s.Resource["service.instance.id"] == "door-1").Select(s => s.Name).Order(StringComparer.Ordinal));
        Assert.All(trace.Where(s => s.Name is "work" or "generate" or "store" || s.Name.StartsWith("engine.", StringComparison.Ordinal)), s => Assert.Equal("engine-1", s.Resource["service.instance.id"]));
        Assert.Contains(collector.Spans, s => s.Name == "GET api/v1/generate/{task_id}" && s.Tags["musicgen.task"] == task);

        string[] kept = ["http.request.method", "http.response.status_code", "http.route", "url.scheme", "network.protocol.version", "server.port", "error.type", "musicgen.request", "musicgen.task"];
        Assert.All(collector.Spans.Where(s => s.Name.Contains(" api/", StringComparison.Ordinal)), s => Assert.Empty(s.Tags.Keys.Except(kept)));

        // A caller's trace is a link, and nothing else of it is taken over.
        Assert.Equal([Strangers], trace.Single(s => s.Name == "POST api/v1/generate").Links);
        Assert.DoesNotContain(collector.Spans, s => s.Trace == Strangers);
        var sent = collector.TextOf("/v1/traces");
        foreach (var secret in new[] { "lullaby", browser.Email, browser.Password, browser.Username, "telling agent", "user=ann", "access_token" })
            Assert.DoesNotContain(secret, sent, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_caller_cannot_have_itself_recorded()
    {
        await using var collector = await OtlpCollector.StartAsync();
        await using var server = await ServerProcess.StartAsync(("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Address), ("OTEL_TRACES_SAMPLER_ARG", "0")); // in this process others sample for it
        using (var browser = server.NewBrowser())
            (await browser.SendAsync(HttpMethod.Get, "/api/v1/models", headers: [("traceparent", $"00-{Strangers}-00f067aa0ba902b7-01")])).Dispose();
        await server.StopAsync();

        Assert.Contains("http.server.request.duration", collector.TextOf("/v1/metrics"), StringComparison.Ordinal);
        Assert.Empty(collector.Spans);
    }

    private static async Task UntilOfferedAsync(Browser browser, string model)
    {
        for (var attempt = 0; !(await browser.GetJsonAsync("/api/v1/models")).ToJsonString().Contains(model, StringComparison.Ordinal); attempt++)
        {
            Assert.True(attempt < 100, "The worker's model is not offered.");
            await Task.Delay(100, Ct);
        }
    }

    private static IEnumerable<OtlpSpan> Ancestors(OtlpSpan span, Dictionary<string, OtlpSpan> byId)
    {
        for (var at = span; at is not null; at = byId.GetValueOrDefault(at.Parent))
            yield return at;
    }
}
