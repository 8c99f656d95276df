using System.Text.Json.Nodes;

namespace MusicGen.Programs.Scans;

/// <summary>MDN's HTTP Observatory, offline: A+ with 130 points at least, and every test of it passed.</summary>
internal static class ObservatoryScan
{
    private const string Package = "@mdn/mdn-http-observatory";
    private const string Version = "1.4.8";
    private const int Least = 130;

    private const string Script =
        """
        import { scan } from "@mdn/mdn-http-observatory/src/scanner/index.js";
        const { scan: whole, tests } = await scan("localhost:8443");
        console.log(JSON.stringify({ whole, tests }));
        """;

    public static async Task<bool> RunAsync(ScannedServer server)
    {
        using var node = new NodeFolder();
        await node.InstallAsync($"{Package}@{Version}");
        // What its install script would fetch: nobody is preloaded, and these are the top-level domains it meets.
        await File.WriteAllTextAsync(Path.Combine(node.PackageFolder(Package), "conf", "hsts-preload.json"), "{}");
        await File.WriteAllTextAsync(Path.Combine(node.PackageFolder(Package), "conf", "tld-list.json"), """["org","localhost"]""");

        var output = await node.RunAsync(Script, new Dictionary<string, string> { ["NODE_EXTRA_CA_CERTS"] = Path.Combine(server.Certificates, "ca.pem") });
        var result = JsonNode.Parse(output[output.IndexOf("{\"whole\"", StringComparison.Ordinal)..])!;
        var (grade, score) = (result["whole"]!["grade"]!.GetValue<string>(), result["whole"]!["score"]!.GetValue<int>());
        var tests = result["tests"]!.AsObject();
        foreach (var (name, test) in tests)
            Console.WriteLine($"{(test!["pass"]!.GetValue<bool>() ? "passed" : "FAILED")}: {name}: {test["result"]} ({test["scoreModifier"]})");
        Console.WriteLine($"observatory {Version}: {grade}, {score} points, {tests.Count} tests");
        return grade == "A+" && score >= Least && tests.Count > 0 && tests.All(t => t.Value!["pass"]!.GetValue<bool>());
    }
}
