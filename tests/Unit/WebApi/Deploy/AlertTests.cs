using System.Diagnostics;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace MusicGen.Unit.WebApi.Deploy;

/// <summary>The alerts and the dashboard load, and say something when it counts. That their numbers exist is asked of a running server.</summary>
public sealed partial class AlertTests
{
    private const string Alerts = "docs/alerts.yml";
    private const string Dashboard = "deploy/grafana/musicgen.json";

    [Fact]
    public void Every_alert_has_a_name_of_its_own_a_severity_and_words_for_whoever_is_woken()
    {
        var rules = DeployFiles.Yaml(Alerts)["groups"]!.AsArray().SelectMany(g => g!["rules"]!.AsArray()).ToList();
        var names = rules.Select(r => r!["alert"]!.GetValue<string>()).ToList();

        Assert.Equal(names.Count, names.Distinct(StringComparer.Ordinal).Count());
        Assert.All(new[] { "NodeLost", "DiskNearlyFull", "ClockSkewed", "CertificateEnds", "PublicCertificateEnds", "QueueWaitsLong", "AuditTrailFails" }, n => Assert.Contains(n, names));
        Assert.All(rules, r =>
        {
            Assert.Empty(r!.AsObject().Select(f => f.Key).Except(["alert", "expr", "for", "labels", "annotations"]));
            Assert.Contains(r["labels"]!["severity"]!.GetValue<string>(), new[] { "page", "ticket" });
            Assert.Matches(Duration(), r["for"]?.GetValue<string>() ?? "0s");
            Assert.EndsWith(".", r["annotations"]!["summary"]!.GetValue<string>(), StringComparison.Ordinal);
        });
    }

    [Fact]
    public void The_dashboard_is_one_grid_of_panels_that_each_ask_something()
    {
        var panels = JsonNode.Parse(DeployFiles.Text(Dashboard))!["panels"]!.AsArray().Select(p => p!.AsObject()).ToList();

        Assert.True(panels.Count > 20);
        Assert.Equal(panels.Count, panels.Select(p => p["id"]!.GetValue<int>()).Distinct().Count());
        Assert.Equal(panels.Count, panels.Select(p => (p["gridPos"]!["x"]!.GetValue<int>(), p["gridPos"]!["y"]!.GetValue<int>())).Distinct().Count());
        Assert.All(panels.Where(p => p["type"]!.GetValue<string>() != "row"), p =>
        {
            Assert.NotEmpty(p["targets"]!.AsArray());
            Assert.Equal("${datasource}", p["datasource"]!["uid"]!.GetValue<string>());
        });
    }

    [Fact]
    public void Every_job_that_an_alert_asks_is_one_of_the_documents()
    {
        var asked = Job().Matches(DeployFiles.Text(Alerts) + DeployFiles.Text(Dashboard)).Select(m => m.Groups["name"].Value).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);

        Assert.Equal(["musicgen", "musicgen-public", "musicgen-ready", "musicgen-stores"], asked);
        Assert.All(asked, name => Assert.Contains($"  - job_name: {name} ", Configuration().Replace("\n", " \n", StringComparison.Ordinal), StringComparison.Ordinal));
    }

    // Prometheus's own reader: expressions of the dashboard are looked at as rules.
    [Fact]
    public async Task Prometheus_reads_both_and_the_documents_configuration()
    {
        NeedPromtool();
        var folder = Directory.CreateTempSubdirectory("musicgen-rules-").FullName;
        var expressions = JsonNode.Parse(DeployFiles.Text(Dashboard))!["panels"]!.AsArray().SelectMany(p => p!["targets"]?.AsArray() ?? []).Select(t => t!["expr"]!.GetValue<string>());
        var rules = expressions.Select((e, i) => $"      - {{ record: 'panel{i}', expr: '{e.Replace("$__rate_interval", "5m", StringComparison.Ordinal).Replace("$node", ".*", StringComparison.Ordinal)}' }}");
        await File.WriteAllTextAsync(Path.Combine(folder, "panels.yml"), $"groups:\n  - name: panels\n    rules:\n{string.Join('\n', rules)}\n", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(folder, "wrong.yml"), "groups:\n  - name: wrong\n    rules:\n      - { record: 'x', expr: 'sum(' }\n", TestContext.Current.CancellationToken);

        await File.WriteAllTextAsync(Path.Combine(folder, "prometheus.yml"), Configuration().Replace("[alerts.yml]", $"[{Path.Combine(DeployFiles.Root, Alerts)}]", StringComparison.Ordinal), TestContext.Current.CancellationToken);

        Assert.Contains("21 rules found", await RunAsync(0, folder, "check", "rules", Path.Combine(DeployFiles.Root, Alerts)), StringComparison.Ordinal);
        await RunAsync(0, folder, "check", "rules", "panels.yml");
        await RunAsync(1, folder, "check", "rules", "wrong.yml");
        await RunAsync(0, folder, "check", "config", "--syntax-only", "prometheus.yml"); // the key's file isn't here
        await RunAsync(1, folder, "check", "config", "--syntax-only", "wrong.yml");
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task What_should_be_no_surprise_is_told_in_time()
    {
        NeedPromtool();
        var folder = Directory.CreateTempSubdirectory("musicgen-rules-").FullName;
        (string Alert, int Silent, int Firing)[] told =
            [("PublicCertificateEnds", 1, 80), ("StoreCertificateEnds", 1, 80), ("PublicCertificateEndsTomorrow", 1, 80), ("PublicAddressFails", 30, 40), ("DiskNearlyFull", 30, 40), ("ClockSkewed", 30, 40), ("QueueWaitsLong", 30, 40), ("NodeLost", 30, 40), ("AuditTrailFails", 30, 32), ("CertificateEnds", 1, 80),
             ("RefreshTokensReused", 30, 32), ("TasksFail", 30, 32), ("Guessing", 30, 32), ("ForeignPages", 30, 32), ("PayingCustomersLimited", 30, 32), ("PageStopsThings", 30, 32), ("QueueGrows", 30, 45), ("SongsWaitForMemory", 30, 45)];
        var test = $$"""
            rule_files: [{{Path.Combine(DeployFiles.Root, Alerts)}}]
            evaluation_interval: 1m
            tests:
              - interval: 1m
                input_series:
                  - { series: 'musicgen_disk_free_bytes{folder="audio"}', values: '50x30 5x60' }
                  - { series: 'musicgen_disk_size_bytes{folder="audio"}', values: '100x90' }
                  - { series: 'musicgen_clock_skew_seconds{store="redis"}', values: '0x30 -3x60' }
                  - { series: 'musicgen_certificate_expiry_seconds{use="server"}', values: '1209660x90' }
                  - { series: 'probe_ssl_earliest_cert_expiry{job="musicgen-public",instance="https://music.test"}', values: '86460x90' }
                  - { series: 'probe_ssl_earliest_cert_expiry{job="musicgen-stores",instance="smtp.test:587"}', values: '1209660x90' }
                  - { series: 'probe_success{job="musicgen-public"}', values: '1x30 0x60' }
                  - { series: 'musicgen_queue_oldest_seconds{tier="free"}', values: '10x30 400x60' }
                  - { series: 'musicgen_queue_oldest_seconds{tier="premium"}', values: '400x90' }
                  - { series: 'musicgen_queue_waiting{tier="free",model="m",service_instance_id="node-1"}', values: '0x30 101x60' }
                  - { series: 'musicgen_queue_waiting{tier="premium",model="m",service_instance_id="node-1"}', values: '101x90' }
                  - { series: 'musicgen_queue_paused{tier="free",service_instance_id="node-1"}', values: '0x90' }
                  - { series: 'musicgen_queue_paused{tier="premium",service_instance_id="node-1"}', values: '1x90' }
                  - { series: 'musicgen_engine_songs_waiting{device="cpu",service_instance_id="node-1"}', values: '0x30 1x60' }
                  - { series: 'musicgen_engine_songs_free{device="cpu",service_instance_id="node-1"}', values: '1x90' }
                  - { series: 'up{job="musicgen"}', values: '1x30 0x60' }
                  - { series: 'musicgen_audit_failures_total{moment="before"}', values: '0x30 1x60' }
            {{string.Concat(Rare())}}    promql_expr_test:

            """ + string.Concat(told.Select(t => Fires(t.Alert, t.Silent, "[]") + Fires(t.Alert, t.Firing, "[{ labels: '{}', value: 1 }]")));
        await File.WriteAllTextAsync(Path.Combine(folder, "test.yml"), test, TestContext.Current.CancellationToken);

        await RunAsync(0, folder, "test", "rules", "test.yml");
        Directory.Delete(folder, recursive: true);
    }

    // Events of two nodes, or of two kinds: too few on each, enough together.
    private static IEnumerable<string> Rare() => new[]
    {
        """musicgen_commands_total{command="ReportReuseCommand",outcome="ok",service_instance_id="node-1"} 4""",
        """musicgen_commands_total{command="RefreshCommand",outcome="auth.refresh_reused",service_instance_id="node-2"} 4""",
        """musicgen_tasks_ended_total{status="failed",tier="free",model="m",service_instance_id="node-1"} 2""",
        """musicgen_tasks_ended_total{status="failed",tier="premium",model="m",service_instance_id="node-2"} 2""",
        """musicgen_commands_total{command="LoginCommand",outcome="auth.too_many_attempts",service_instance_id="node-1"} 70""",
        """musicgen_commands_total{command="LoginCommand",outcome="auth.too_many_attempts",service_instance_id="node-2"} 70""",
        """musicgen_edge_refusals_total{code="csrf.missing",tier="free",service_instance_id="node-1"} 60""",
        """musicgen_edge_refusals_total{code="cors.origin_refused",tier="free",service_instance_id="node-1"} 60""",
        """musicgen_gate_decisions_total{outcome="Limited",tier="premium",service_instance_id="node-1"} 40""",
        """musicgen_gate_decisions_total{outcome="Limited",tier="premium",service_instance_id="node-2"} 40""",
        """musicgen_csp_reports_total{directive="img-src",service_instance_id="node-1"} 15""",
        """musicgen_csp_reports_total{directive="script-src",service_instance_id="node-1"} 15""",
    }.Select(s => s.Split("} ")).Select(s => $"      - {{ series: '{s[0]}}}', values: '0x30 {s[1]}x60' }}\n");

    private static string Configuration() => DeployFiles.Text("docs/observing.md").Split("\n```yaml\n")[1].Split("```")[0];

    private static string Fires(string alert, int minute, string expected) =>
        $"      - {{ eval_time: {minute}m, expr: 'count(ALERTS{{alertname=\"{alert}\",alertstate=\"firing\"}})', exp_samples: {expected} }}\n";

    private static void NeedPromtool() =>
        Assert.SkipUnless(File.Exists("/usr/bin/promtool"), "There is no promtool here (Debian's package prometheus).");

    private static async Task<string> RunAsync(int exit, string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("/usr/bin/promtool", arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken) + await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == exit, output);
        return output;
    }

    [GeneratedRegex("job=\\\\?\"(?<name>[^\"\\\\]+)", RegexOptions.ExplicitCapture)]
    private static partial Regex Job();

    [GeneratedRegex(@"^\d+[smhd]$")]
    private static partial Regex Duration();
}
