using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MusicGen.Application.Pipeline;
using MusicGen.Integration.Inference;
using MusicGen.Integration.Support;
using MusicGen.WebApi.Configuration;
using MusicGen.WebApi.Http;

namespace MusicGen.Integration.Edge;

/// <summary>What the dashboard and the alerts ask for is what a running server tells.</summary>
[Collection(Reference.Torch)]
public sealed partial class DashboardTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("musicgen-dashboard-").FullName;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private static readonly string Root = ProgramFolder.HomeOf(AppContext.BaseDirectory);

    private static readonly string Alerts = File.ReadAllText(Path.Combine(Root, "docs", "alerts.yml"));

    [Fact]
    public async Task Every_number_and_label_that_is_asked_for_is_exported()
    {
        Reference.NeedTorch();
        using var models = new ModelFolders("mono");
        var (certificate, key) = WritePair();
        await using var app = await MusicGenApp.StartAsync(("MODEL_PATH", models.Path), ("TLS_CERTIFICATE_FILE", certificate), ("TLS_KEY_FILE", key), ("NODE_NAME", "node-1"));
        using var browser = await app.RegisterAsync();
        (await browser.SendAsync(HttpMethod.Post, "/api/auth/logout-all", csrf: false)).Dispose();
        (await browser.SendAsync(HttpMethod.Post, CspReports(), new StringContent("""{"csp-report":{"effective-directive":"img-src"}}""", Encoding.UTF8, "application/csp-report"), csrf: false)).Dispose();
        using (var song = await browser.GenerateAsync(new { prompt = "x", duration = 1.0, model = "acme/mono" }))
            await browser.WaitAsync((await song.JsonAsync())["task_id"]!.GetValue<string>());

        var exported = await MetricsAsync(app);
        var asked = Expressions().ToList();
        var names = asked.SelectMany(e => Metric().Matches(e).Select(m => m.Value)).Distinct(StringComparer.Ordinal).ToList();
        var labels = asked.SelectMany(e => Label().Matches(e).Select(m => m.Groups["name"].Value).Concat(Grouping().Matches(e).SelectMany(m => m.Groups["names"].Value.Split(", "))))
            .Except(["job", "probe"], StringComparer.Ordinal).Distinct(StringComparer.Ordinal).ToList();

        Assert.True(names.Count > 25 && labels.Count > 8, $"Only {names.Count} numbers and {labels.Count} labels were found.");
        Assert.DoesNotContain(names, n => !exported.Contains($"\n{n}{{", StringComparison.Ordinal));
        Assert.DoesNotContain(labels, l => !Regex.IsMatch(exported, $"[{{,]{l}=\""));
        Assert.All(Regex.Matches(Alerts, "command=\"(\\w+)\",outcome=\"([a-z._]+)\""), m => // before the first of them, unless a test beside this one had some
            Assert.Matches($$"""\nmusicgen_commands_total{.*command="{{m.Groups[1].Value}}".*outcome="{{m.Groups[2].Value}}".*} \d""", exported));
        Assert.Matches("""\nmusicgen_commands_total{.*command="ReportReuseCommand".*} \d""", exported);
        Assert.Matches("""\nmusicgen_tasks_ended_total{.*model="acme/mono".*status="failed".*} \d""", exported);
        Assert.Matches("""musicgen_certificate_expiry_seconds{.*use="server".*} """ + Expiry.ToUnixTimeSeconds(), exported);
        Assert.Matches("""musicgen_disk_free_bytes{.*folder="audio".*service_instance_id=""" + "\"node-1\"", exported);
        Assert.Matches("""musicgen_engine_models_loaded{.*device="cpu".*model="acme/mono".*} 1""", exported);
        Assert.DoesNotMatch("""musicgen_[a-z_]+{(?![^}]*service_instance_id=)""", exported);
    }

    [Fact]
    public void Commands_and_codes_of_the_alerts_are_the_programs()
    {
        var commands = Regex.Matches(Alerts, "command=\"(\\w+)\"").Select(m => m.Groups[1].Value).Distinct(StringComparer.Ordinal).ToList();
        var codes = Regex.Matches(Alerts, "outcome=\"([a-z_]+\\.[a-z_]+)\"").Select(m => m.Groups[1].Value).ToList();

        Assert.True(commands.Count >= 3 && codes.Count >= 2, "The search found too little.");
        Assert.All(commands, c => Assert.Contains(typeof(Telemetry).Assembly.GetTypes(), t => t.Name == c));
        Assert.All(codes, c => Assert.Contains(c, ErrorCatalogue.StatusByCode.Keys));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static DateTimeOffset Expiry => DateTimeOffset.UnixEpoch.AddYears(80);

    private static string CspReports() => MusicGen.WebApi.Security.CspReports.Path;

    private static IEnumerable<string> Expressions()
    {
        var dashboard = JsonNode.Parse(File.ReadAllText(Path.Combine(Root, "deploy", "grafana", "musicgen.json")))!;
        return Regex.Matches(Alerts, "expr: (.+)").Select(m => m.Groups[1].Value)
            .Concat(dashboard["panels"]!.AsArray().SelectMany(p => p!["targets"]?.AsArray() ?? []).Select(t => t!["expr"]!.GetValue<string>()))
            .Concat(dashboard["templating"]!["list"]!.AsArray().Select(v => v!["query"]!.GetValue<string>()));
    }

    // The queues are looked at apart from requests.
    private static async Task<string> MetricsAsync(MusicGenApp app)
    {
        using var client = new HttpClient { BaseAddress = app.Address };
        for (var attempt = 0; ; attempt++)
        {
            var text = await client.GetStringAsync(new Uri("/metrics", UriKind.Relative), Ct);
            if (attempt == 40 || (text.Contains("musicgen_queue_waiting{", StringComparison.Ordinal) && text.Contains("musicgen_queue_oldest_seconds{", StringComparison.Ordinal)))
                return text;
            await Task.Delay(200, Ct);
        }
    }

    private (string Certificate, string Key) WritePair()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=music.example.org", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UnixEpoch.AddYears(50), Expiry);
        var (file, keyFile) = (Path.Combine(_folder, "tls.crt"), Path.Combine(_folder, "tls.key"));
        File.WriteAllText(file, certificate.ExportCertificatePem());
        File.WriteAllText(keyFile, key.ExportPkcs8PrivateKeyPem());
        return (file, keyFile);
    }

    [GeneratedRegex(@"\b(?:musicgen|http_server|dotnet|kestrel)_[a-z_]+\b")]
    private static partial Regex Metric();

    [GeneratedRegex("[{,](?<name>[a-z_]+)(?:=~|!=|=)\"", RegexOptions.ExplicitCapture)]
    private static partial Regex Label();

    [GeneratedRegex(@"by \((?<names>[a-z_, ]+)\)", RegexOptions.ExplicitCapture)]
    private static partial Regex Grouping();
}
