using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using MusicGen.Infrastructure;

namespace MusicGen.WebApi.CommandLine.Models;

/// <summary>A Hugging Face hub, or a mirror of one (HF_ENDPOINT): what a repository holds, and its files.</summary>
/// <param name="endpoint">With a slash at its end.</param>
/// <param name="hosts">Where it may send a download to.</param>
internal sealed class ModelHub(Uri endpoint, HubHosts hosts) : IDisposable
{
    public const string Default = "https://huggingface.co";

    private const int MostRedirects = 5;

    // A big file takes as long as it takes; a server that doesn't even answer doesn't.
    private readonly HttpClient _http = new(OutgoingHttp.To(endpoint, hosts.Allows))
    {
        Timeout = Timeout.InfiniteTimeSpan,
        DefaultRequestHeaders = { { "User-Agent", "musicgen" } },
    };

    /// <summary>The repository as it is at a revision.</summary>
    /// <exception cref="CommandFailedException">There is none, or the hub can't be reached.</exception>
    public async Task<HubRepository> DescribeAsync(string id, string revision, CancellationToken ct)
    {
        var about = await GetAsync($"api/models/{id}/revision/{Uri.EscapeDataString(revision)}", $"{id} at {revision}", ct);
        var commit = about.Body.GetProperty("sha").GetString()!;
        var files = new List<HubFile>();
        var page = $"api/models/{id}/tree/{commit}?recursive=true";
        while (page is not null)
        {
            var answer = await GetAsync(page, id, ct);
            files.AddRange(answer.Body.EnumerateArray().Where(f => f.GetProperty("type").GetString() == "file").Select(HubFile.Of));
            page = answer.Next;
        }

        return new HubRepository(commit, LicenceOf(about.Body), files);
    }

    /// <summary>Opens a file from an offset on; the answer says whether the hub went along with the offset.</summary>
    /// <exception cref="CommandFailedException">The hub refuses or can't be reached.</exception>
    public async Task<HttpResponseMessage> OpenAsync(string id, string commit, string path, long from, CancellationToken ct)
    {
        var escaped = string.Join('/', path.Split('/').Select(Uri.EscapeDataString));
        var answer = await SendAsync(new Uri(endpoint, $"{id}/resolve/{commit}/{escaped}"), from, ct);
        if (answer.IsSuccessStatusCode)
            return answer;

        using (answer)
            throw new CommandFailedException($"{path}: the hub answers {(int)answer.StatusCode}.");
    }

    public void Dispose() => _http.Dispose();

    private async Task<(JsonElement Body, string? Next)> GetAsync(string path, string what, CancellationToken ct)
    {
        using var answer = await SendAsync(new Uri(endpoint, path), from: 0, ct);
        if (answer.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
            throw new CommandFailedException($"{what}: there is no such model at {endpoint.Host}, or it isn't public.");
        if (!answer.IsSuccessStatusCode)
            throw new CommandFailedException($"{endpoint.Host} answers {(int)answer.StatusCode}. Try again later.");
        try
        {
            var body = await answer.Content.ReadFromJsonAsync<JsonElement>(ct);
            var link = answer.Headers.TryGetValues("Link", out var links) ? links.FirstOrDefault(l => l.Contains("rel=\"next\"", StringComparison.Ordinal)) : null;
            return (body, link is null ? null : link[(link.IndexOf('<', StringComparison.Ordinal) + 1)..link.IndexOf('>', StringComparison.Ordinal)]);
        }
        catch (JsonException e)
        {
            throw new CommandFailedException($"{endpoint.Host} doesn't answer as a model hub does. Check HF_ENDPOINT.", e);
        }
    }

    private async Task<HttpResponseMessage> SendAsync(Uri address, long from, CancellationToken ct)
    {
        try
        {
            for (var redirects = 0; ; redirects++)
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, address);
                if (from > 0)
                    request.Headers.Range = new RangeHeaderValue(from, to: null);
                var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
                if (!IsRedirect(answer.StatusCode) || answer.Headers.Location is not { } location)
                    return answer;

                answer.Dispose();
                address = new Uri(address, location);
                if (redirects == MostRedirects)
                    throw new CommandFailedException($"{endpoint.Host} redirects more than {MostRedirects} times.");
                if (!IsEndpoint(address) && !hosts.Allows(address))
                    throw new CommandFailedException($"{endpoint.Host} sends the download to {address.GetLeftPart(UriPartial.Authority)}, which isn't called: it is neither HF_ENDPOINT nor among HF_DOWNLOAD_HOSTS by https.");
            }
        }
        catch (HttpRequestException e)
        {
            throw new CommandFailedException($"{endpoint.Host} can't be reached: {e.Message}", e);
        }
    }

    private bool IsEndpoint(Uri address) => address.GetLeftPart(UriPartial.Authority) == endpoint.GetLeftPart(UriPartial.Authority);

    private static bool IsRedirect(HttpStatusCode status) => status is HttpStatusCode.MovedPermanently or HttpStatusCode.Found
        or HttpStatusCode.SeeOther or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect;

    private static string LicenceOf(JsonElement about)
    {
        if (about.TryGetProperty("cardData", out var card) && card.ValueKind == JsonValueKind.Object && card.TryGetProperty("license", out var licence)
            && licence.ValueKind == JsonValueKind.String)
            return licence.GetString()!;
        return about.TryGetProperty("tags", out var tags) && tags.ValueKind == JsonValueKind.Array
            ? tags.EnumerateArray().Select(t => t.GetString()).FirstOrDefault(t => t?.StartsWith("license:", StringComparison.Ordinal) == true)?["license:".Length..] ?? "unknown"
            : "unknown";
    }
}

/// <param name="Commit">The revision as the hub's own name for exactly these files.</param>
/// <param name="Licence">As the hub names it; unknown where it doesn't.</param>
/// <param name="Files">All of them.</param>
internal sealed record HubRepository(string Commit, string Licence, IReadOnlyList<HubFile> Files);

/// <param name="Path">With slashes.</param>
/// <param name="Size">In bytes.</param>
/// <param name="Sha256">Known for big files only.</param>
internal sealed record HubFile(string Path, long Size, string? Sha256)
{
    public static HubFile Of(JsonElement file)
    {
        var lfs = file.TryGetProperty("lfs", out var big) && big.ValueKind == JsonValueKind.Object ? big : (JsonElement?)null;
        return new HubFile(
            file.GetProperty("path").GetString()!,
            lfs?.GetProperty("size").GetInt64() ?? file.GetProperty("size").GetInt64(),
            lfs?.GetProperty("oid").GetString());
    }
}
