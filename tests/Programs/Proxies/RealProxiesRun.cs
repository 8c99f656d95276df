using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using MusicGen.WebApi.Configuration;

namespace MusicGen.Programs.Proxies;

/// <summary>
/// Hostile headers through nginx and HAProxy themselves, run from the documents' recipes, to a server process. A client's
/// own counter tells whom the server saw: it must fall by one for each request of its own, and by none for anybody else's.
/// </summary>
internal static class RealProxiesRun
{
    private const string Host = "music.example.org";
    private const int Limit = 1_000_000; // of reads a day

    public static Command Command()
    {
        var count = new Option<int>("--count") { DefaultValueFactory = _ => 2000, Description = "How many requests through each proxy." };
        var seed = new Option<int>("--seed") { DefaultValueFactory = _ => 1, Description = "Where the random numbers begin." };
        var command = new Command("real-proxies", "Hostile headers through nginx and HAProxy (Debian's packages), configured by the documents' recipes.") { count, seed };
        command.SetAction(result => RunAsync(result.GetValue(count), result.GetValue(seed)));
        return command;
    }

    private static async Task<int> RunAsync(int count, int seed)
    {
        var (nginx, haproxy) = (OwnProxy.Find("nginx"), OwnProxy.Find("haproxy"));
        if (nginx is null || haproxy is null)
        {
            Console.Error.WriteLine($"{(nginx is null ? "nginx" : "haproxy")} isn't installed: apt-get install nginx haproxy");
            return 1;
        }

        var folder = Directory.CreateTempSubdirectory("musicgen-proxies-").FullName;
        try
        {
            Throwaway.Write(folder, Host);
            var root = ProgramFolder.HomeOf(AppContext.BaseDirectory);
            var right = await ThroughAsync("nginx, X-Forwarded-For", "x-forwarded-for", hasSix: false, async ports =>
            {
                await File.WriteAllTextAsync(Path.Combine(folder, "nginx.conf"), ProxyRecipes.Nginx(root, folder, ports));
                return await OwnProxy.StartAsync(nginx, ports.Tls, "-c", Path.Combine(folder, "nginx.conf"), "-p", folder);
            });
            foreach (var forwarded in new[] { false, true })
            {
                right &= await ThroughAsync(forwarded ? "HAProxy, Forwarded" : "HAProxy, X-Forwarded-For", forwarded ? "forwarded" : "x-forwarded-for", hasSix: true, async ports =>
                {
                    await File.WriteAllTextAsync(Path.Combine(folder, "haproxy.cfg"), ProxyRecipes.HAProxy(root, folder, ports, forwarded));
                    return await OwnProxy.StartAsync(haproxy, ports.Tls, "-db", "-f", Path.Combine(folder, "haproxy.cfg"));
                });
            }

            return right ? 0 : 1;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        Task<bool> ThroughAsync(string name, string header, bool hasSix, Func<ProxyPorts, Task<OwnProxy>> start) =>
            RunAsync(name, header, hasSix, start, count, new Random(seed));
    }

    private static async Task<bool> RunAsync(string name, string header, bool hasSix, Func<ProxyPorts, Task<OwnProxy>> start, int count, Random random)
    {
        var settings = new[] { "MINUTE", "HOUR", "DAY", "BURST" }.ToDictionary(w => $"RATE_LIMIT_FREE_{w}", _ => (Limit / 10).ToString(CultureInfo.InvariantCulture));
        settings["PUBLIC_URL"] = $"https://{Host}";
        settings["FORWARDED_HEADER"] = header;
        await using var server = new OwnServer(settings);
        await server.StartAsync();
        var ports = new ProxyPorts(Ports.Free(), Ports.Free(), server.Address.Port);
        await using var proxy = await start(ports);

        // 127.0.0.1 is the proxy's own. What the clients claim to be: each other, the proxy, and nobody.
        var clients = Enumerable.Range(2, 19).Select(i => IPAddress.Parse($"127.0.0.{i}")).ToList();
        if (hasSix)
            clients.Add(IPAddress.IPv6Loopback);
        string[] tempting = ["127.0.0.1", "::1", "10.0.0.5", .. clients.Select(c => c.ToString())];
        var chains = Enumerable.Range(0, count).Select(i => new HostileHeaders(random, tempting, longestChain: 100).Draw()).Chunk((count + clients.Count - 1) / clients.Count).ToList();
        var begun = Stopwatch.GetTimestamp();
        var results = await Task.WhenAll(chains.Select((own, i) => SendAsync(clients[i], ports.Tls, own)));

        var faults = results.SelectMany(r => r.Faults).ToList();
        foreach (var fault in faults.Take(10))
            Console.WriteLine(fault);
        var counted = results.Sum(r => r.Counted);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{name}: {count} requests of {clients.Count} clients in {Stopwatch.GetElapsedTime(begun).TotalSeconds:0} s, {counted} counted, {count - counted} refused as malformed (400); wrong address: {faults.Count}"));
        return faults.Count == 0 && counted > count / 2;
    }

    private static async Task<(int Counted, List<string> Faults)> SendAsync(IPAddress client, int port, List<HeaderLine>[] chains)
    {
        var (counted, faults) = (0, new List<string>());
        foreach (var lines in chains)
        {
            var answer = await PlainSender.GetAsync(client, port, Host, "/api/v1/models", lines);
            var left = answer?.Headers.GetValueOrDefault("X-RateLimit-Day-Remaining");
            if (left is null && answer?.Status is 400)
                continue;
            counted++;
            var expected = (Limit - counted).ToString(CultureInfo.InvariantCulture);
            if (answer?.Status != 200 || left != expected)
                faults.Add($"{client}: status {answer?.Status}, {left} left instead of {expected}: {string.Join(" | ", lines.Select(l => $"{l.Name}: {l.Value}"))}");
        }

        return (counted, faults);
    }
}
