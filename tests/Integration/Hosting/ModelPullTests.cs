using System.Net;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using MusicGen.Application.Generations;
using MusicGen.Infrastructure.Inference.Checkpoints;
using MusicGen.Integration.Support;
using MusicGen.Programs;
using MusicGen.WebApi.CommandLine;
using MusicGen.WebApi.CommandLine.Models;

namespace MusicGen.Integration.Hosting;

/// <summary>Pulling a model from a hub on loopback that behaves as the real one, and sometimes doesn't.</summary>
public sealed class ModelPullTests : IAsyncLifetime
{
    private const string Id = "acme/tiny";
    private const string Commit = "0123456789abcdef0123456789abcdef01234567";

    private readonly byte[] _weights = RandomNumberGenerator.GetBytes(300_000);
    private readonly byte[] _config = "{\"hidden\": 8}"u8.ToArray();
    private readonly string _folder = Directory.CreateTempSubdirectory("musicgen-models-").FullName;
    private readonly List<string?> _ranges = [];
    private WebApplication _hub = null!;
    private Uri _address = null!;
    private int? _breakAfter;
    private bool _lies;
    private int _announcedMore;
    private string? _host;
    private Func<string, string?> _redirect = _ => null;
    private string? _nextPage;
    private string _weightsPath = "model.safetensors";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _address = new Uri($"http://127.0.0.1:{Ports.Free()}/");
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        _hub = builder.Build();
        _hub.Urls.Add(_address.ToString());
        _hub.MapGet("/api/models/{owner}/{name}/revision/{revision}", (string name) => name == "tiny"
            ? Results.Json(new { sha = Commit, tags = new[] { "license:cc-by-nc-4.0" } })
            : Results.NotFound());
        _hub.MapGet("/api/models/{owner}/{name}/tree/{commit}", TreeAsync);
        _hub.MapGet($"/{Id}/resolve/{Commit}/{{**path}}", SendAsync);
        await _hub.StartAsync(Ct);
    }

    public async ValueTask DisposeAsync()
    {
        await _hub.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_pull_brings_the_safetensors_and_leaves_a_manifest_by_which_a_change_is_found()
    {
        await PullAsync();

        var manifest = await ModelManifest.ReadAsync(_folder, Ct);
        Assert.NotNull(manifest);
        Assert.Equal((Id, Commit, "cc-by-nc-4.0"), (manifest.Id, manifest.Revision, manifest.Licence));
        Assert.Equal(DateTimeOffset.UnixEpoch, manifest.LicenceAcceptedAt);
        Assert.Equal(["config.json", "model.safetensors"], manifest.Files.Select(f => f.Path).Order(StringComparer.Ordinal));
        Assert.Equal(_weights, await File.ReadAllBytesAsync(WeightsFile, Ct));
        Assert.Empty(await manifest.FaultsAsync(_folder, Ct));

        _weights[1000] ^= 1;
        await File.WriteAllBytesAsync(WeightsFile, _weights, Ct);
        Assert.Equal("model.safetensors: its SHA-256 is another", Assert.Single(await manifest.FaultsAsync(_folder, Ct)));
        File.Delete(WeightsFile);
        Assert.Equal("model.safetensors: is missing", Assert.Single(await manifest.FaultsAsync(_folder, Ct)));
    }

    [Fact]
    public async Task A_broken_pull_goes_on_where_it_stopped()
    {
        _breakAfter = 100_000;
        var broken = await Assert.ThrowsAsync<CommandFailedException>(PullAsync);
        Assert.Contains("Pull again to resume", broken.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(WeightsFile));
        var part = new FileInfo(Assert.Single(Directory.GetFiles(_folder, "*.part")));
        Assert.InRange(part.Length, 1, 100_000);

        _breakAfter = null;
        await PullAsync();

        Assert.Equal($"bytes={part.Length}-", _ranges[^1]);
        Assert.Equal(_weights, await File.ReadAllBytesAsync(WeightsFile, Ct));
        Assert.Empty(Directory.GetFiles(_folder, "*.part"));
    }

    [Fact]
    public async Task What_is_here_already_is_not_fetched_again()
    {
        await PullAsync();
        var requests = _ranges.Count;

        await PullAsync();

        Assert.Equal(requests + 1, _ranges.Count); // the small file, whose hash the hub doesn't tell
    }

    [Fact]
    public async Task A_file_that_is_not_what_was_announced_is_refused_and_removed()
    {
        _lies = true;

        var refused = await Assert.ThrowsAsync<CommandFailedException>(PullAsync);

        Assert.Contains("its SHA-256 is another", refused.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(WeightsFile));
        Assert.Empty(Directory.GetFiles(_folder, "*.part"));
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(-1000)]
    public async Task A_file_of_another_size_than_announced_is_refused_and_removed(int more)
    {
        _announcedMore = more;

        var refused = await Assert.ThrowsAsync<CommandFailedException>(PullAsync);

        Assert.Contains($"bytes instead of {_weights.Length + more}", refused.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(WeightsFile));
        Assert.Empty(Directory.GetFiles(_folder, "*.part"));
    }

    // A name that no resolver knows: only the proxy can answer for it.
    [Fact]
    public async Task A_pull_goes_through_the_proxy_of_the_environment()
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["HF_ENDPOINT"] = "http://hub.invalid",
            ["MODEL_PATH"] = _folder,
            ["HTTP_PROXY"] = _address.ToString(),
        };
        _address = new Uri("http://hub.invalid/");

        var pulled = await ServerProcess.RunAsync(["models", "pull", Id, "--accept-license"], variables);

        Assert.True(pulled.ExitCode == 0, pulled.Error);
        Assert.Equal("hub.invalid", _host);
        Assert.Equal(_weights, await File.ReadAllBytesAsync(Path.Combine(_folder, Id, "model.safetensors"), Ct));
    }

    [Theory]
    [InlineData("http://169.254.169.254/latest/meta-data")]
    [InlineData("https://evil.example.org/model.safetensors")]
    [InlineData("https://huggingface.co.evil.example.org/x")]
    [InlineData("https://evilhf.co/x")]
    [InlineData("http://cdn-lfs.huggingface.co/x")]
    [InlineData("https://cdn-lfs.huggingface.co:6379/x")]
    [InlineData("https://user@cdn-lfs.huggingface.co/x")]
    [InlineData("file:///etc/passwd")]
    public async Task A_redirect_to_a_host_that_nobody_named_is_not_followed(string elsewhere)
    {
        _redirect = _ => elsewhere;

        var refused = await Assert.ThrowsAsync<CommandFailedException>(PullAsync);

        Assert.Contains("which isn't called", refused.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(WeightsFile));
    }

    [Fact]
    public async Task A_redirect_within_the_hub_is_followed_but_not_for_ever()
    {
        _redirect = path => path.StartsWith("cdn/", StringComparison.Ordinal) ? null : $"cdn/{path}";
        await PullAsync();
        Assert.Equal(_weights, await File.ReadAllBytesAsync(WeightsFile, Ct));

        File.Delete(WeightsFile);
        _redirect = path => path;
        var refused = await Assert.ThrowsAsync<CommandFailedException>(PullAsync);
        Assert.Contains("redirects more than 5 times", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://169.254.169.254/latest/meta-data", "is none of the addresses that may be called")]
    [InlineData("{0}?{1}", "too long to be sent")]
    public async Task A_list_that_goes_on_elsewhere_or_at_an_endless_address_is_refused(string next, string reason)
    {
        _nextPage = next.Replace("{0}", _address.ToString(), StringComparison.Ordinal).Replace("{1}", new string('a', 8000), StringComparison.Ordinal);

        var refused = await Assert.ThrowsAsync<CommandFailedException>(PullAsync);

        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "https://huggingface.co/x", true)]
    [InlineData(null, "https://cas-bridge.xethub.hf.co/x", true)]
    [InlineData(null, "https://cdn.example.org/x", false)]
    [InlineData("cdn.example.org", "https://CDN.example.org/x", true)]
    [InlineData("cdn.example.org", "https://eu.cdn.example.org/x", true)]
    [InlineData("cdn.example.org", "https://huggingface.co/x", false)]
    public void The_hosts_of_downloads_are_the_settings(string? setting, string address, bool allowed) =>
        Assert.Equal(allowed, new HubHosts(setting).Allows(new Uri(address)));

    [Fact]
    public async Task A_path_out_of_the_folder_is_refused()
    {
        _weightsPath = "../../evil.safetensors";

        var refused = await Assert.ThrowsAsync<CommandFailedException>(PullAsync);

        Assert.Contains("outside the model's folder", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_model_and_an_absent_hub_are_failures_in_one_line()
    {
        using var hub = new ModelHub(_address, new HubHosts());
        var unknown = await Assert.ThrowsAsync<CommandFailedException>(() => hub.DescribeAsync("acme/none", "main", Ct));
        Assert.Contains("acme/none at main: there is no such model", unknown.Message, StringComparison.Ordinal);

        using var nobody = new ModelHub(new Uri($"http://127.0.0.1:{Ports.Free()}/"), new HubHosts());
        var absent = await Assert.ThrowsAsync<CommandFailedException>(() => nobody.DescribeAsync(Id, "main", Ct));
        Assert.Contains("can't be reached", absent.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_command_asks_for_the_licence_and_pulls_into_the_first_folder()
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal) { ["HF_ENDPOINT"] = _address.ToString(), ["MODEL_PATH"] = _folder };

        var refused = await ServerProcess.RunAsync(["models", "pull", Id], variables);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("cc-by-nc-4.0, which forbids commercial use", refused.Error, StringComparison.Ordinal);
        Assert.Contains("--accept-license", refused.Error, StringComparison.Ordinal);

        var pulled = await ServerProcess.RunAsync(["models", "pull", Id, "--accept-license"], variables);
        Assert.True(pulled.ExitCode == 0, pulled.Error);
        Assert.Equal(Path.Combine(_folder, Id), pulled.Output.Trim());
        var verified = await ServerProcess.RunAsync(["models", "verify", Id], variables);
        Assert.Equal($"{Id}: 2 files, as pulled", verified.Output.Trim());
        Assert.Contains($"{Id}\tnot offered\tcc-by-nc-4.0\tconfig.json: model_type must be", (await ServerProcess.RunAsync(["models", "list"], variables)).Output, StringComparison.Ordinal);
    }

    private string WeightsFile => Path.Combine(_folder, "model.safetensors");

    private async Task PullAsync()
    {
        using var hub = new ModelHub(_address, new HubHosts());
        await new ModelPull(hub, _folder).RunAsync(Id, await hub.DescribeAsync(Id, "main", Ct), DateTimeOffset.UnixEpoch, new Progress<StepsDone>(), Ct);
    }

    // Two pages, as the hub sends long listings.
    private IResult TreeAsync(HttpContext context, string commit)
    {
        if (context.Request.Query.ContainsKey("cursor"))
        {
            return Results.Json(new object[]
            {
                new { type = "file", path = _weightsPath, size = _weights.Length, lfs = new { oid = Convert.ToHexStringLower(SHA256.HashData(_weights)), size = _weights.Length + _announcedMore } },
            });
        }

        context.Response.Headers.Link = $"<{_nextPage ?? $"{_address}api/models/{Id}/tree/{commit}?recursive=true&cursor=2"}>; rel=\"next\"";
        return Results.Json(new object[]
        {
            new { type = "directory", path = "folder", size = 0 },
            new { type = "file", path = "config.json", size = _config.Length },
            new { type = "file", path = "pytorch_model.bin", size = 5 },
            new { type = "file", path = ".gitattributes", size = 5 },
        });
    }

    private async Task SendAsync(HttpContext context, string path)
    {
        _host = context.Request.Host.Host;
        if (_redirect(path) is { } elsewhere)
        {
            (context.Response.StatusCode, context.Response.Headers.Location) = ((int)HttpStatusCode.Found, elsewhere);
            return;
        }

        path = path.Replace("cdn/", string.Empty, StringComparison.Ordinal);
        var range = context.Request.Headers.Range.ToString();
        lock (_ranges)
            _ranges.Add(range);
        var content = path == "config.json" ? _config : _weights;
        if (_lies && path != "config.json")
            content = RandomNumberGenerator.GetBytes(content.Length);
        var from = range.Length > 0 ? int.Parse(range["bytes=".Length..^1], System.Globalization.CultureInfo.InvariantCulture) : 0;
        if (from > 0)
        {
            context.Response.StatusCode = (int)HttpStatusCode.PartialContent;
            context.Response.Headers.ContentRange = $"bytes {from}-{content.Length - 1}/{content.Length}";
        }

        context.Response.ContentLength = content.Length - from;
        if (_breakAfter is { } limit && content.Length > limit)
        {
            await context.Response.Body.WriteAsync(content.AsMemory(from, limit), Ct);
            await context.Response.Body.FlushAsync(Ct);
            await Task.Delay(100, Ct);
            context.Abort();
            return;
        }

        await context.Response.Body.WriteAsync(content.AsMemory(from), Ct);
    }
}
