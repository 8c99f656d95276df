using System.Net;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Edge;

/// <summary>What an operator sees in numbers.</summary>
public sealed class MetricsTests(ProductionApp production) : IClassFixture<ProductionApp>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_happens_at_the_door_and_behind_it_is_counted()
    {
        await using var app = await MusicGenApp.StartAsync(("RATE_LIMIT_FREE_BURST", "20"));
        using var browser = await app.RegisterAsync();
        using (var wrong = await browser.LoginAsync(password: "a wrong password of some length"))
            Assert.Equal(HttpStatusCode.Unauthorized, wrong.StatusCode);
        using (await browser.SendAsync(HttpMethod.Post, "/api/auth/logout-all", csrf: false))
        using (await browser.SendAsync(HttpMethod.Get, "/api/v1/quota", headers: [("Authorization", "Bearer nonsense")]))
            await browser.WaitAsync(await browser.StartAsync("calm piano"));
        browser.IsPatient = false;
        for (var i = 0; i < 60; i++)
            (await browser.PostAsync("/api/auth/logout-all", new { keep_current = true })).Dispose();
        await Task.Delay(TimeSpan.FromSeconds(4), Ct); // the queues are looked at every three seconds

        using var client = new HttpClient { BaseAddress = app.Address };
        var metrics = await client.GetStringAsync(new Uri("/metrics", UriKind.Relative), Ct);

        // Servers of other tests in this process count with it: at least one of each.
        foreach (var line in new[]
        {
            """musicgen_commands_total{.*command="RegisterCommand",outcome="ok".*} [1-9]""",
            """musicgen_commands_total{.*command="LoginCommand",outcome="auth.invalid_credentials".*} [1-9]""",
            """musicgen_commands_total{.*command="RunGenerationCommand",outcome="ok".*} [1-9]""",
            """musicgen_tasks_ended_total{.*engine="embedded-composer",.*model="embedded-composer",.*status="completed",.*tier="free".*} [1-9]""",
            """musicgen_edge_refusals_total{.*code="csrf.missing",tier="free".*} [1-9]""",
            """musicgen_edge_refusals_total{.*code="rate_limit.exceeded",tier="free".*} [1-9]""",
            """musicgen_gate_decisions_total{.*outcome="Limited",tier="free".*} [1-9]""",
            """musicgen_gate_decisions_total{.*outcome="Allowed",tier="free".*} [1-9]""",
            """musicgen_queue_waiting{.*tier="premium".*} [0-9]""",
            """musicgen_audit_entries_total{.*} [1-9]""",
            """musicgen_command_duration_seconds_count{.*command="LoginCommand".*} [1-9]""",
        })
            Assert.Matches(line, metrics);
        Assert.DoesNotContain(browser.Email, metrics, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, null, null, false)]
    [InlineData("X-Internal-Service", "wrong", null, false)]
    [InlineData("X-Internal-Service", "key-of-the-monitoring-0123456789", null, true)]
    [InlineData("Authorization", "Bearer key-of-the-monitoring-0123456789", null, true)]
    [InlineData("Authorization", "Basic key-of-the-monitoring-0123456789", null, false)]
    [InlineData("X-Internal-Service", "key-of-the-monitoring-0123456789", "203.0.113.9", false)]
    public async Task Outside_Development_they_need_a_key_and_the_network(string? header, string? value, string? from, bool isOpen)
    {
        using var client = new HttpClient { BaseAddress = production.Address };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/metrics");
        if (header is not null)
            request.Headers.TryAddWithoutValidation(header, value);
        if (from is not null)
            request.Headers.Add("X-Forwarded-For", from);

        using var answer = await client.SendAsync(request, Ct);

        if (isOpen)
            Assert.Contains("musicgen_", await answer.Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);
        else
            await answer.MustBeProblemAsync(HttpStatusCode.Forbidden, "auth.forbidden");
    }

    [Fact]
    public async Task Metrics_go_to_a_collector_that_is_named()
    {
        await using var collector = await OtlpCollector.StartAsync();
        var app = await MusicGenApp.StartAsync(("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Address));
        (await app.RegisterAsync()).Dispose();
        await app.DisposeAsync(); // the last numbers are sent when it stops

        Assert.Equal(["/v1/metrics", "/v1/traces"], collector.Received.Select(r => r.Path).Distinct().Order(StringComparer.Ordinal));
        var sent = collector.TextOf("/v1/metrics");
        Assert.Contains("musicgen.commands", sent, StringComparison.Ordinal);
        Assert.Contains("RegisterCommand", sent, StringComparison.Ordinal);
        Assert.Contains("service.instance.id", sent, StringComparison.Ordinal);
    }
}
