using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using MusicGen.Integration.Support;
using MusicGen.Programs;

namespace MusicGen.Integration.Extending;

/// <summary>
/// Follows docs/extending.md in a copy of the repository: installs the template, generates the command, exposes it with
/// the text of the page, runs its tests and calls it over HTTP.
/// </summary>
[Collection(nameof(Alone))]
public sealed partial class TemplateTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("musicgen-extending-").FullName;

    [Fact]
    public async Task A_command_is_added_from_nothing_to_an_HTTP_answer()
    {
        await CopyRepositoryAsync();
        var page = await File.ReadAllTextAsync(Path.Combine(_folder, "docs", "extending.md"), TestContext.Current.CancellationToken);
        var commands = Shell().Matches(page).Select(m => m.Value.Trim()).ToList();

        Assert.Equal(4, commands.Count);
        await RunAsync(commands[0]);
        await RunAsync(commands[1]);
        Expose(CSharp().Match(page).Groups["code"].Value);
        await RunAsync(commands[2]);
        await RunAsync(commands[3]);
        await CallAsync();
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task CopyRepositoryAsync()
    {
        var root = RepositoryRoot();
        var files = await OutputAsync(root, "git", "ls-files", "--cached", "--others", "--exclude-standard");
        foreach (var file in files.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var source = Path.Combine(root, file);
            if (!File.Exists(source))
                continue;
            var target = Path.Combine(_folder, file);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(source, target);
        }
    }

    /// <summary>Puts the page's action in front of the controller's first one.</summary>
    private void Expose(string action)
    {
        var path = Path.Combine(_folder, "src", "WebApi", "Controllers", "GenerationsController.cs");
        var source = File.ReadAllText(path);
        var first = source.IndexOf("    /// <summary>", source.IndexOf("class GenerationsController", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.True(first > 0);
        File.WriteAllText(path, source.Insert(first, action + "\n"));
    }

    private async Task CallAsync()
    {
        var ct = TestContext.Current.CancellationToken;
        await RunAsync("dotnet build src/WebApi --nologo -v quiet");
        var port = Ports.Free();
        using var server = Start("dotnet", ["run", "--no-build", "--project", "src/WebApi", "--", "--urls", $"http://127.0.0.1:{port}"], new()
        {
            ["MUSICGEN_DATA"] = Path.Combine(_folder, "data"),
        });
        try
        {
            using var http = new HttpClient(new SocketsHttpHandler { CookieContainer = new CookieContainer() }) { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
            await TakeTokenAsync(http, ct);
            using var stranger = await http.PostAsync(new Uri("/api/v1/generate/some-task/rate", UriKind.Relative), null, ct);
            Assert.Equal("auth.required", await CodeAsync(stranger));

            var person = new { email = "ann@example.org", username = "ann", password = "violet teapot orbit 7" };
            using var registered = await http.PostAsJsonAsync("/api/auth/register", person, ct);
            Assert.Equal(HttpStatusCode.Created, registered.StatusCode);
            await TakeTokenAsync(http, ct);

            using var rated = await http.PostAsync(new Uri("/api/v1/generate/some-task/rate", UriKind.Relative), null, ct);
            Assert.Equal(HttpStatusCode.NoContent, rated.StatusCode);
            using var tooLong = await http.PostAsync(new Uri($"/api/v1/generate/{new string('x', 65)}/rate", UriKind.Relative), null, ct);
            Assert.Equal("request.invalid", await CodeAsync(tooLong));
        }
        finally
        {
            server.Kill(entireProcessTree: true);
            await server.WaitForExitAsync(ct);
        }
    }

    private static async Task TakeTokenAsync(HttpClient http, CancellationToken ct)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                var answer = await http.GetFromJsonAsync<JsonElement>("/api/auth/csrf-token", ct);
                http.DefaultRequestHeaders.Remove("X-CSRF-Token");
                http.DefaultRequestHeaders.Add("X-CSRF-Token", answer.GetProperty("csrfToken").GetString());
                return;
            }
            catch (HttpRequestException) when (attempt < 240)
            {
                await Task.Delay(250, ct);
            }
        }
    }

    private static async Task<string?> CodeAsync(HttpResponseMessage answer) =>
        (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("code").GetString();

    private async Task RunAsync(string command)
    {
        var words = Word().Matches(command).Select(m => m.Value.Trim('"')).ToArray();
        // The template goes into a home of the test's own; packages stay in the user's cache.
        Dictionary<string, string> environment = words[1] == "new" ? new() { ["DOTNET_CLI_HOME"] = Path.Combine(_folder, ".home") } : [];
        using var process = Start(words[0], words[1..], environment);
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{command}\n{output[Math.Max(0, output.Length - 4000)..]}");
    }

    private Process Start(string program, IEnumerable<string> arguments, Dictionary<string, string> environment)
    {
        var info = new ProcessStartInfo(program, arguments) { WorkingDirectory = _folder, RedirectStandardOutput = true, UseShellExecute = false };
        foreach (var (name, value) in environment)
            info.Environment[name] = value;
        // What the outer test run tells its own processes is not for the inner one.
        foreach (var name in info.Environment.Keys.Where(k => k.StartsWith("TESTINGPLATFORM", StringComparison.Ordinal) || k.StartsWith("MSBUILD", StringComparison.Ordinal)).ToList())
            info.Environment.Remove(name);
        return Process.Start(info)!;
    }

    private static async Task<string> OutputAsync(string folder, string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, UseShellExecute = false })!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
        return output;
    }

    private static string RepositoryRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "MusicGen.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("These tests run inside the repository.");
    }

    [GeneratedRegex("^dotnet .*$", RegexOptions.Multiline | RegexOptions.NonBacktracking)]
    private static partial Regex Shell();

    [GeneratedRegex("```csharp\n(?<code>[^`]*)```", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex CSharp();

    [GeneratedRegex("\"[^\"]*\"|[^ ]+", RegexOptions.NonBacktracking)]
    private static partial Regex Word();
}
