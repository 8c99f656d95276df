using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace MusicGen.Programs.Scans;

/// <summary>Wapiti (Debian's package) on every address that can be read, with values for every parameter: as nobody, as a user, as an administrator; then across two users.</summary>
internal static partial class WapitiScan
{
    /// <summary>All that attack what we have. Left out: nikto and wapp fetch lists, ssrf calls a host of its makers, brute_login_form and csrf look for html forms that post.</summary>
    private const string Modules = "backup,blindsql,buster,cookieflags,crlf,csp,exec,file,htaccess,http_headers,methods,permanentxss,redirect,shellshock,sql,xss,xxe";

    private static readonly Accepted[] Reasons =
    [
        new("HTTP Secure Headers: X-XSS-Protection is not set", "GET /", "X-XSS-Protection is meant: browsers have dropped its filter, which had holes of its own, and OWASP advises against the header. The content security policy does its work."),
    ];

    public static async Task<bool> RunAsync(ScannedServer server, int minutes, IReadOnlyList<string> who)
    {
        var wapiti = Tool.Need("wapiti", "apt-get install wapiti");
        var version = (await Tool.RunAsync(wapiti, Path.GetTempPath(), new Dictionary<string, string>(), TimeSpan.FromMinutes(1), "--version")).Output.Split('\n').Last(l => l.StartsWith("Wapiti", StringComparison.Ordinal)).Trim();
        using var reader = new ScanUser(server);
        var description = await reader.JsonAsync(HttpMethod.Get, "/openapi/v1.json");
        var right = true;
        foreach (var role in who)
        {
            // Each signs in just before: an access token lasts a quarter of an hour.
            using var user = role == "nobody" ? new ScanUser(server) : await ScanUser.RegisterAsync(server);
            if (role == "admin")
            {
                await server.RunAsync("users", "set-role", user.Email, "admin");
                await user.LoginAsync();
            }

            await user.TakeTokenAsync();
            var things = role == "nobody" ? null : await UserObjects.MakeAsync(user);
            right &= await ScanAsync(wapiti, $"{version} as {role}", user, StartUrls(description, things), minutes);
        }

        return right & await AcrossUsers.RunAsync(server);
    }

    private static async Task<bool> ScanAsync(string wapiti, string name, ScanUser who, List<string> urls, int minutes)
    {
        var folder = Directory.CreateTempSubdirectory("musicgen-wapiti-").FullName;
        try
        {
            var report = Path.Combine(folder, "report.json");
            var limit = $"{minutes * 60}";
            string[] arguments =
            [
                "-u", $"{ScannedServer.Address}", "--scope", "domain", "-m", Modules, "-f", "json", "-o", report, "--no-bugreport", "--flush-session",
                "--store-session", folder, "--max-scan-time", limit, "--max-attack-time", $"{minutes * 10}", "-t", "20", "-v", "1",
                "-H", $"Cookie: {who.CookieHeader}", "-H", $"X-CSRF-Token: {who.Csrf}", .. urls.SelectMany(u => new[] { "-s", u }),
            ];
            var (_, output) = await Tool.RunAsync(wapiti, folder, new Dictionary<string, string> { ["HOME"] = folder }, TimeSpan.FromMinutes((3 * minutes) + 10), arguments);
            if (!File.Exists(report))
                throw new InvalidOperationException($"Wapiti left no report: {output[^Math.Min(output.Length, 2000)..]}");
            var result = JsonNode.Parse(await File.ReadAllTextAsync(report))!;
            var findings = new[] { "vulnerabilities", "anomalies" }.SelectMany(kind => result[kind]!.AsObject())
                .SelectMany(category => category.Value!.AsArray().Select(f => new Finding(KindOf(category.Key, f!), $"{f!["method"]} {f["path"]}", $"{f["info"]} ({f["parameter"]})"))).ToList();
            Console.WriteLine($"{name}: {urls.Count} addresses to start from, {Crawled().Match(output).Groups["count"].Value} URLs and forms found");
            return Accepted.Judge(name, findings, Reasons);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Every address of the description that can be read, with the user's own things in the paths and a value for each parameter.</summary>
    private static List<string> StartUrls(JsonNode description, UserObjects? things)
    {
        const string nobodys = "0190a000-0000-7000-8000-000000000000";
        var urls = new List<string> { $"{ScannedServer.Address}docs/", $"{ScannedServer.Address}openapi/v1.json", $"{ScannedServer.Address}health" };
        foreach (var (path, operations) in description["paths"]!.AsObject())
        {
            if (operations!["get"] is not { } get || path.EndsWith("/events", StringComparison.Ordinal)) // a stream doesn't end
                continue;
            var filled = path.Replace("{task_id}", things?.Task ?? nobodys, StringComparison.Ordinal)
                .Replace("{batch_id}", things?.Batch ?? nobodys, StringComparison.Ordinal)
                .Replace("{id}", path.Contains("models", StringComparison.Ordinal) ? "composer" : things?.Export ?? nobodys, StringComparison.Ordinal);
            var query = (get["parameters"]?.AsArray() ?? []).Where(p => p!["in"]!.ToString() == "query").Select(p => $"{p!["name"]}={Sample(p["name"]!.ToString())}").ToList();
            urls.Add($"{ScannedServer.Address.GetLeftPart(UriPartial.Authority)}{filled}");
            if (query.Count > 0)
                urls.Add($"{ScannedServer.Address.GetLeftPart(UriPartial.Authority)}{filled}?{string.Join('&', query)}");
        }

        return urls;
    }

    [GeneratedRegex(@"found (?<count>\d+) URLs", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Crawled();

    // Each header that is missing is a finding of its own.
    private static string KindOf(string category, JsonNode finding) => category == "HTTP Secure Headers" ? $"{category}: {finding["info"]}" : category;

    private static string Sample(string parameter) => parameter switch
    {
        "limit" => "10",
        "points" => "100",
        "format" => "wav",
        "status" => "completed",
        "outcome" => "succeeded",
        "since" or "until" => "2026-11-24T00:00:00Z",
        "address" => "127.0.0.1",
        "email" => "scan1@example.org",
        _ => "abc",
    };
}
