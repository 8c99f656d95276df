using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MusicGen.Unit.WebApi.Configuration;
using MusicGen.WebApi.Configuration;

namespace MusicGen.Unit.WebApi.Deploy;

/// <summary>The compose file agrees with the program, the image, the proxy's recipe and the document.</summary>
public sealed partial class ComposeFileTests
{
    private static readonly string Text = DeployFiles.Text("deploy/compose.yaml");

    private static readonly JsonNode Compose = DeployFiles.Yaml("deploy/compose.yaml");

    private static readonly string Proxy = DeployFiles.Text("deploy/docker/nginx.conf.template");

    private static readonly IReadOnlyList<KeyValuePair<string, JsonNode?>> Services = [.. Compose["services"]!.AsObject()];

    private static readonly IReadOnlyList<KeyValuePair<string, JsonNode?>> Nodes = [.. Services.Where(s => Image(s).StartsWith("musicgen:", StringComparison.Ordinal))];

    // What the operator's .env says.
    private static readonly Dictionary<string, string> Operator = new(StringComparer.Ordinal)
    {
        ["PUBLIC_HOST"] = "music.test",
        ["JWT_SECRET_KEY"] = "q7Zr1vX0mT4kB9sW2nHf8dLc6yEa3pGu",
        ["REDIS_PASSWORD"] = "r",
        ["SQL_PASSWORD"] = "s",
        ["SQL_ADMIN_PASSWORD"] = "a",
    };

    [Fact]
    public void A_node_starts_by_the_variables_that_it_is_given()
    {
        Assert.Equal(["node-1", "node-2", "worker"], Nodes.Select(n => n.Key));
        Assert.All(Nodes, node =>
        {
            var variables = DeployFiles.Variables(node.Value!["environment"]);

            Assert.All(variables, v => Assert.True(EnvironmentVariables.ByName.ContainsKey(v.Name), $"{v.Name} is no variable."));
            var settings = Settings.Read([.. Filled(variables), .. DeployFiles.ImageVariables.Select(v => (v.Key, v.Value)), ("EMAIL_VERIFICATION", "off")]);
            Assert.False(settings.Environment.IsDevelopment);
            Assert.Empty(settings.Warnings);
            Assert.Equal(node.Key, settings["Node:Name"]);
            Assert.Equal(node.Key == "worker" ? "worker" : "api", settings["Node:Role"]);
        });
    }

    [Fact]
    public void A_node_writes_to_its_volumes_and_to_temporary_files_alone()
    {
        Assert.All(Nodes, node =>
        {
            Assert.Equal("true", Of(node, "read_only"));
            Assert.Equal(["/tmp"], DeployFiles.Texts(node.Value!["tmpfs"]));
            string[] models = IsWorker(node) ? ["models:/srv/musicgen/models"] : []; // who makes no music holds none
            Assert.Equal([$"{node.Key}:/var/lib/musicgen", "audio:/srv/musicgen/audio", .. models], DeployFiles.Texts(node.Value["volumes"]));
            Assert.Equal("/srv/musicgen/audio", Of(node, "environment", "AUDIO_PATH"));
            Assert.Equal(IsWorker(node) ? "/srv/musicgen/models" : null, node.Value["environment"]!["MODEL_PATH"]?.GetValue<string>());
        });
        Assert.StartsWith("/var/lib/musicgen/", DeployFiles.ImageVariables["MUSICGEN_DATA"], StringComparison.Ordinal);
        Assert.Equal(
            Services.SelectMany(s => s.Value!["volumes"]!.AsArray().Select(v => v!.GetValue<string>().Split(':')[0])).Where(v => v[0] is not ('.' or '$')).Distinct().Order(StringComparer.Ordinal),
            Compose["volumes"]!.AsObject().Select(v => v.Key).Order(StringComparer.Ordinal));
    }

    // SQL Server writes beside its volume and asks for its own rights.
    [Fact]
    public void Nothing_has_rights_that_it_does_not_need() => Assert.All(Services.Where(s => s.Key != "sql"), service =>
    {
        Assert.Equal("true", Of(service, "read_only"));
        Assert.Equal(["ALL"], DeployFiles.Texts(service.Value!["cap_drop"]));
        Assert.Equal(["no-new-privileges:true"], DeployFiles.Texts(service.Value["security_opt"]));
    });

    [Fact]
    public void The_proxy_alone_is_reached_and_believed_and_sends_to_every_node_but_the_worker()
    {
        var proxy = Services.Single(s => s.Key == "proxy");
        var address = Of(proxy, "networks", "edge", "ipv4_address");

        Assert.Equal(["proxy"], Services.Where(s => s.Value!["ports"] is not null).Select(s => s.Key));
        Assert.All(Nodes, n => Assert.Equal(address, Of(n, "environment", "TRUSTED_PROXIES")));
        Assert.Equal(
            Nodes.Where(n => !IsWorker(n)).Select(n => $"{Of(n, "networks", "edge", "ipv4_address")}:8000"),
            Upstream().Matches(Proxy).Select(m => m.Groups["server"].Value));
        Assert.Equal(
            DeployFiles.Texts(proxy.Value!["ports"]).Select(p => p.Split(':')[1]),
            Listen().Matches(Proxy).Select(m => m.Groups["port"].Value));
        Assert.EndsWith(":8000", DeployFiles.ImageVariables["ASPNETCORE_URLS"], StringComparison.Ordinal);
    }

    // Spoken to without TLS, so on a network that nothing leaves and the proxy isn't on.
    [Fact]
    public void The_stores_are_on_a_network_of_their_own()
    {
        Assert.Equal("true", Compose["networks"]!["stores"]!["internal"]!.GetValue<string>());
        Assert.All(["redis", "sql", "database"], name => Assert.Equal(["stores"], DeployFiles.Texts(Compose["services"]![name]!["networks"])));
        Assert.Null(Compose["services"]!["proxy"]!["networks"]!["stores"]);
    }

    // Mail, OTLP, a bucket and the hub of models are spoken to by nodes of every role; a collector asks each for its numbers.
    [Fact]
    public void Every_node_reaches_its_stores_and_what_is_outside_and_has_an_address()
    {
        var document = DeployFiles.Text("docs/deployment.md");
        var addresses = Nodes.Select(n => Of(n, "networks", "edge", "ipv4_address")).ToList();

        Assert.Null(Compose["networks"]!["edge"]!["internal"]);
        Assert.All(Nodes, n => Assert.Equal(["edge", "stores"], n.Value!["networks"]!.AsObject().Select(e => e.Key)));
        Assert.Equal(["172.30.8.11", "172.30.8.12", "172.30.8.13"], addresses);
        Assert.Contains("at port 8000 of 172.30.8.11 to 13,", document, StringComparison.Ordinal);
    }

    // What a backup is restored over is all that has state, but models, which can be pulled again; and none of it stays behind in a volume.
    [Fact]
    public void The_documents_backup_leaves_nothing_and_its_restore_empties_every_volume()
    {
        var drill = DeployFiles.Text("docs/deployment.md").Split("\n### In containers\n")[1];
        var removed = drill.Split("docker volume rm ")[1].Split('\n')[0].Split(' ');

        Assert.Equal(
            Compose["volumes"]!.AsObject().Select(v => $"{Compose["name"]}_{v.Key}").Where(v => !v.EndsWith("_models", StringComparison.Ordinal)).Order(StringComparer.Ordinal),
            removed.Order(StringComparer.Ordinal));
        Assert.Contains("exec -T node-1 rm -r /var/lib/musicgen/backup-2026-11-24\n", drill, StringComparison.Ordinal);
        Assert.Contains("run --rm -v /backup/backup-2026-11-24:/backup:ro node-1 restore /backup\n", drill, StringComparison.Ordinal);
    }

    [Fact]
    public void The_document_upgrades_every_node_once() => Assert.Contains(
        $"\nfor node in {string.Join(' ', Nodes.Select(n => n.Key))}; do docker compose -f deploy/compose.yaml up -d --no-deps --wait $node || break; done\n",
        DeployFiles.Text("docs/deployment.md"), StringComparison.Ordinal);

    // A stream of sound is silent while its task waits; whatever else is silent for a minute has failed.
    [Fact]
    public void The_proxy_has_patience_with_streams_of_sound_alone()
    {
        var location = Assert.Single(Patient().Matches(Proxy));
        var path = new Regex(location.Groups["path"].Value, RegexOptions.None, TimeSpan.FromSeconds(1));

        Assert.Single(Regex.Matches(Proxy, "proxy_read_timeout"));
        Assert.Equal(2, Regex.Count(Proxy, "proxy_pass http://musicgen;"));
        Assert.Matches(path, $"/api/v1/generate/{Guid.Empty}/stream");
        Assert.All(["/api/v1/generate/stream", $"/api/v1/generate/{Guid.Empty}/events", "/x/api/v1/generate/y/stream"], p => Assert.DoesNotMatch(path, p));
    }

    [Fact]
    public void A_node_has_the_time_that_a_stop_takes_and_says_whether_it_is_ready() => Assert.All(Nodes, node =>
    {
        Assert.True(int.Parse(Of(node, "stop_grace_period").TrimEnd('s'), null) > DeployFiles.ShutdownGrace);
        var test = DeployFiles.Texts(node.Value!["healthcheck"]!["test"]);
        Assert.Equal(["CMD", "/opt/musicgen/health"], test[..2]);
        Assert.True(DeployFiles.IsProbe(test[2]), test[2]);
    });

    [Fact]
    public void No_secret_has_a_value_here_and_the_document_makes_each()
    {
        var asked = Asked().Matches(Text).Select(m => m.Groups["name"].Value).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        var recipe = DeployFiles.Text("docs/deployment.md").Split("\ncat > deploy/.env <<END\n")[1].Split("\nEND\n")[0];

        Assert.Equal(Operator.Keys.Order(StringComparer.Ordinal), asked);
        Assert.Equal(asked, recipe.Split('\n').Select(l => l.Split('=')[0]).Order(StringComparer.Ordinal));
        Assert.All(
            Services.SelectMany(s => s.Value!["environment"]?.AsObject().ToList() ?? []).Where(v => v.Key.Contains("PASSWORD", StringComparison.Ordinal) || v.Key.Contains("SECRET", StringComparison.Ordinal)),
            v => Assert.Matches(@"^\$\{[A-Z_]+:\?\}$", v.Value!.GetValue<string>()));
    }

    [Fact]
    public void Every_image_has_a_version() =>
        Assert.All(Services, s => Assert.Matches(@":(\$\{MUSICGEN_TAG:-)?\d", Image(s)));

    [Fact]
    public void The_proxys_location_is_the_documents()
    {
        static IEnumerable<string> Lines(string text) => text.Split('\n').Select(l => l.Trim()).Where(l => l.StartsWith("proxy_set", StringComparison.Ordinal) || l.StartsWith("proxy_http", StringComparison.Ordinal) || l.StartsWith("ssl_protocols", StringComparison.Ordinal));

        var document = Lines(DeployFiles.Text("docs/deployment.md").Split("```nginx\n")[1].Split("```")[0]).ToList();

        Assert.Equal(6, document.Count);
        Assert.Equal(document, Lines(Proxy));
    }

    private static bool IsWorker(KeyValuePair<string, JsonNode?> node) => Of(node, "environment", "NODE_ROLE") == "worker";

    private static string Image(KeyValuePair<string, JsonNode?> service) => service.Value!["image"]!.GetValue<string>();

    private static string Of(KeyValuePair<string, JsonNode?> service, params string[] path) =>
        path.Aggregate(service.Value, (node, name) => node?[name])?.GetValue<string>() ?? throw new InvalidOperationException($"{service.Key} has no {string.Join('.', path)}.");

    private static IEnumerable<(string Name, string Value)> Filled((string Name, string Value)[] variables) =>
        variables.Select(v => (v.Name, Asked().Replace(v.Value, m => Operator[m.Groups["name"].Value])));

    [GeneratedRegex(@"\$\{(?<name>[A-Z_]+):\?\}", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Asked();

    [GeneratedRegex(@"^    server (?<server>[0-9.:]+) ", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Upstream();

    [GeneratedRegex(@"    location ~ (?<path>\S+) \{\n        proxy_pass http://musicgen;\n        proxy_read_timeout 1h;\n    \}\n", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Patient();

    [GeneratedRegex(@"^    listen (?<port>\d+)", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Listen();
}
