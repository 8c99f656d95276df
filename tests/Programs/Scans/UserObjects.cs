using System.Text.Json.Nodes;

namespace MusicGen.Programs.Scans;

/// <summary>One of each thing that belongs to a user, and every request that names one.</summary>
/// <param name="Task">Of one piece of music.</param>
/// <param name="Batch">Of several.</param>
/// <param name="Export">Of the user's data.</param>
/// <param name="Session">The one that made them.</param>
/// <param name="Token">A personal access token.</param>
/// <param name="User">The account itself.</param>
internal sealed record UserObjects(string Task, string Batch, string Export, string Session, string Token, string User)
{
    /// <summary>Requests of nobody but the owner; the last one is an administrator's.</summary>
    public IEnumerable<(HttpMethod Method, string Path, object? Body)> Requests =>
    [
        (HttpMethod.Get, $"/api/v1/generate/{Task}", null),
        (HttpMethod.Get, $"/api/v1/generate/{Task}/events", null),
        (HttpMethod.Get, $"/api/v1/generate/{Task}/audio", null),
        (HttpMethod.Head, $"/api/v1/generate/{Task}/audio", null),
        (HttpMethod.Get, $"/api/v1/generate/{Task}/audio?format=flac", null),
        (HttpMethod.Get, $"/api/v1/generate/{Task}/peaks", null),
        (HttpMethod.Post, $"/api/v1/generate/{Task}/cancel", null),
        (HttpMethod.Delete, $"/api/v1/generate/{Task}", null),
        (HttpMethod.Get, $"/api/v1/generate/batch/{Batch}", null),
        (HttpMethod.Get, $"/api/v1/account/export/{Export}/status", null),
        (HttpMethod.Get, $"/api/v1/account/export/{Export}", null),
        (HttpMethod.Delete, $"/api/auth/sessions/{Session}", null),
        (HttpMethod.Delete, $"/api/auth/tokens/{Token}", null),
        (HttpMethod.Patch, $"/api/v1/admin/users/{User}", new { tier = "enterprise" }),
    ];

    /// <summary>Makes them and waits until the music is there.</summary>
    public static async Task<UserObjects> MakeAsync(ScanUser owner)
    {
        var task = Id(await owner.JsonAsync(HttpMethod.Post, "/api/v1/generate", new { prompt = "calm piano", duration = 1 }), "task_id");
        var batch = Id(await owner.JsonAsync(HttpMethod.Post, "/api/v1/generate/batch", new { requests = new[] { new { prompt = "slow drums", duration = 1 } } }), "batch_id");
        var export = Id(await owner.JsonAsync(HttpMethod.Post, "/api/v1/account/export"), "id");
        var session = Id((await owner.JsonAsync(HttpMethod.Get, "/api/auth/sessions"))["items"]![0]!, "id");
        await owner.JsonAsync(HttpMethod.Post, "/api/auth/tokens", new { name = "scan", scopes = new[] { "read" }, expires_in_days = 1 });
        var token = Id((await owner.JsonAsync(HttpMethod.Get, "/api/auth/tokens"))["items"]![0]!, "id");
        var user = Id((await owner.JsonAsync(HttpMethod.Get, "/api/auth/session"))["user"]!, "id");
        await UntilCompletedAsync(owner, $"/api/v1/generate/{task}");
        await UntilCompletedAsync(owner, $"/api/v1/account/export/{export}/status");
        return new UserObjects(task, batch, export, session, token, user);
    }

    private static async Task UntilCompletedAsync(ScanUser owner, string path)
    {
        for (var i = 0; Id(await owner.JsonAsync(HttpMethod.Get, path), "status") != "completed"; i++)
        {
            if (i == 600)
                throw new InvalidOperationException($"{path} wasn't completed within a minute.");
            await System.Threading.Tasks.Task.Delay(100);
        }
    }

    private static string Id(JsonNode node, string name) => node[name]!.ToString();
}
