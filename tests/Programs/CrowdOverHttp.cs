using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using MusicGen.Programs.Redis;

namespace MusicGen.Programs;

/// <summary>
/// The same promise end to end: three servers as processes of their own on one redis-server, a crowd of one address, real
/// time. What a client saw begin and end within a window was accepted within it.
/// </summary>
internal static class CrowdOverHttp
{
    private static readonly (string Name, TimeSpan Length, int Limit)[] Windows =
        [("second", TimeSpan.FromSeconds(1), 5), ("minute", TimeSpan.FromMinutes(1), 30)];

    public static async Task<bool> RunAsync(int clients, TimeSpan length)
    {
        var shared = Directory.CreateTempSubdirectory("musicgen-shared-").FullName;
        await using var redis = await RedisProcess.StartAloneAsync();
        var secret = RandomNumberGenerator.GetHexString(64);
        var nodes = Enumerable.Range(0, 3).Select(_ => new OwnServer(new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["REDIS_URL"] = redis.Url,
            ["REDIS_PATIENCE_MS"] = "3000",
            ["JWT_SECRET_KEY"] = secret,
            ["DATABASE_URL"] = $"Data Source={Path.Combine(shared, "shared.db")}",
            ["AUDIO_PATH"] = Path.Combine(shared, "audio"),
        })).ToArray();
        await nodes[0].StartAsync(); // makes the database
        await Task.WhenAll(nodes[1..].Select(n => n.StartAsync()));

        var accepted = new List<(TimeSpan Sent, TimeSpan Answered)>();
        var (sent, others, start) = (0, 0, Stopwatch.GetTimestamp());
        await Task.WhenAll(Enumerable.Range(0, clients).Select(async i =>
        {
            using var http = new HttpClient { BaseAddress = nodes[i % nodes.Length].Address };
            http.DefaultRequestHeaders.Add("X-Forwarded-For", "198.18.77.7");
            while (Stopwatch.GetElapsedTime(start) < length)
            {
                var began = Stopwatch.GetElapsedTime(start);
                using var answer = await http.GetAsync(new Uri("/api/v1/quota", UriKind.Relative));
                Interlocked.Increment(ref sent);
                if (answer.StatusCode == HttpStatusCode.Unauthorized) // nobody is signed in: the gate let it pass
                {
                    lock (accepted)
                        accepted.Add((began, Stopwatch.GetElapsedTime(start)));
                }
                else if (answer.StatusCode != HttpStatusCode.TooManyRequests || answer.Headers.RetryAfter?.Delta is not { TotalSeconds: >= 1 and <= 61 })
                {
                    Interlocked.Increment(ref others);
                }

                await Task.Delay(50);
            }
        }));

        foreach (var node in nodes)
            await node.DisposeAsync();
        Directory.Delete(shared, recursive: true);
        var worst = Windows.Select(w => (w.Name, w.Limit, Most: accepted.Max(a => accepted.Count(b => b.Sent >= a.Sent && b.Answered < a.Sent + w.Length)))).ToList();
        var holds = others == 0 && worst.TrueForAll(w => w.Most <= w.Limit);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"over HTTP: 3 servers, {clients} clients, {length.TotalSeconds:0} s: {sent} sent, {accepted.Count} accepted, {others} other answers; most in any {string.Join(", ", worst.Select(w => $"{w.Name} {w.Most} of {w.Limit}"))}{(holds ? string.Empty : "  BROKEN")}"));
        return holds;
    }
}
