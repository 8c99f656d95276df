using System.Text.Json.Nodes;

namespace MusicGen.Programs.Scans;

/// <summary>Google's csp_evaluator on the policies that the server sends with its page, its description and its data.</summary>
internal static class CspScan
{
    private const string Version = "1.1.8";

    private const string Script =
        """
        import parser from "csp_evaluator/dist/parser.js";
        import evaluator from "csp_evaluator/dist/evaluator.js";
        import csp from "csp_evaluator/dist/csp.js";
        import finding from "csp_evaluator/dist/finding.js";
        const found = new evaluator.CspEvaluator(new parser.CspParser(process.argv[2]).csp, csp.Version.CSP3).evaluate();
        console.log(JSON.stringify(found.map(f => ({ severity: finding.Severity[f.severity], type: finding.Type[f.type], directive: f.directive, words: f.description }))));
        """;

    private static readonly Accepted[] Reasons =
    [
        new("SCRIPT_ALLOWLIST_BYPASS (MEDIUM_MAYBE)", string.Empty, NothingOfUsers),
    ];

    private const string NothingOfUsers =
        "'self' is a risk where users' files, JSONP or AngularJS are served. None is: scripts are the program's own files, "
        + "what users made comes under /api as audio, zip or JSON with nosniff, and no answer takes a callback.";

    public static async Task<bool> RunAsync(ScanUser reader)
    {
        using var node = new NodeFolder();
        await node.InstallAsync($"csp_evaluator@{Version}");
        var findings = new List<Finding>();
        foreach (var path in new[] { "/", "/docs/", "/nowhere", "/api/auth/session", "/openapi/v1.json" })
        {
            using var answer = await reader.SendAsync(HttpMethod.Get, path);
            var policy = string.Join("; ", answer.Headers.GetValues("Content-Security-Policy"));
            var found = JsonNode.Parse(await node.RunAsync(Script, new Dictionary<string, string>(), policy))!.AsArray();
            Console.WriteLine($"{path}: {found.Count} findings in \"{policy}\"");
            findings.AddRange(found.Select(f => new Finding($"{f!["type"]} ({f["severity"]})", $"{f["directive"]} of {path}", f["words"]!.GetValue<string>())));
        }

        return Accepted.Judge($"csp_evaluator {Version}", findings, Reasons);
    }
}
