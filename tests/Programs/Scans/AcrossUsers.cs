namespace MusicGen.Programs.Scans;

/// <summary>What no scanner can do for us: another user, and nobody at all, ask for each of a user's things.</summary>
internal static class AcrossUsers
{
    public static async Task<bool> RunAsync(ScannedServer server)
    {
        using var owner = await ScanUser.RegisterAsync(server);
        using var other = await ScanUser.RegisterAsync(server);
        using var nobody = new ScanUser(server);
        await nobody.TakeTokenAsync();
        var things = await UserObjects.MakeAsync(owner);

        var (tried, findings) = (0, new List<Finding>());
        foreach (var (name, who) in new[] { ("another user", other), ("nobody signed in", nobody) })
        {
            foreach (var (method, path, body) in things.Requests)
            {
                using var answer = await who.SendAsync(method, path, body);
                tried++;
                if ((int)answer.StatusCode is not (401 or 403 or 404))
                    findings.Add(new Finding("access across users", $"{method} {path}", $"{name} got {(int)answer.StatusCode}"));
            }

            // What others may not see isn't in their own lists either.
            foreach (var list in name == "another user" ? new[] { "/api/v1/generate?limit=100", "/api/auth/sessions", "/api/auth/tokens", "/api/v1/account/export" } : [])
            {
                using var answer = await who.SendAsync(HttpMethod.Get, list);
                var text = await answer.Content.ReadAsStringAsync();
                tried++;
                if (new[] { things.Task, things.Batch, things.Export, things.Session, things.Token }.Any(id => text.Contains(id, StringComparison.OrdinalIgnoreCase)))
                    findings.Add(new Finding("access across users", list, $"{name} sees what isn't theirs"));
            }
        }

        // The owner still has everything: so the requests were right ones, and nothing was cancelled or deleted.
        foreach (var (method, path, _) in things.Requests.Where(r => r.Method == HttpMethod.Get))
        {
            using var answer = await owner.SendAsync(method, path);
            tried++;
            if (!answer.IsSuccessStatusCode && !path.EndsWith("flac", StringComparison.Ordinal)) // flac needs ffmpeg
                findings.Add(new Finding("access across users", $"{method} {path}", $"its owner got {(int)answer.StatusCode}"));
        }

        Console.WriteLine($"{tried} requests across users");
        return Accepted.Judge("across users", findings, []);
    }
}
