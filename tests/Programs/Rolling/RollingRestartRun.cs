using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using MusicGen.Programs.Proxies;
using MusicGen.Programs.Redis;
using MusicGen.WebApi.Configuration;

namespace MusicGen.Programs.Rolling;

/// <summary>
/// Every node stopped by SIGTERM and started again, one after another, under load: two that serve behind nginx by the
/// document's recipe, two that make music. What fails, what is lost, and who is signed out.
/// </summary>
internal static class RollingRestartRun
{
    private const string Host = "music.example.org";

    public static Command Command()
    {
        var rounds = new Option<int>("--rounds") { DefaultValueFactory = _ => 3, Description = "How often all nodes are restarted." };
        var clients = new Option<int>("--clients") { DefaultValueFactory = _ => 8, Description = "Users, each of whom reads, refreshes, asks for music, follows and hears it." };
        var notice = new Option<int>("--notice") { DefaultValueFactory = _ => 5, Description = "SHUTDOWN_NOTICE_SECONDS." };
        var length = new Option<int>("--length") { DefaultValueFactory = _ => 90, Description = "Seconds of the longest song." };
        var pause = new Option<int>("--pause") { DefaultValueFactory = _ => 100, Description = "Milliseconds between a client's requests." };
        var command = new Command("rolling-restart", "All nodes restarted one by one under load, behind nginx (Debian's redis-server and nginx).") { rounds, clients, notice, length, pause };
        command.SetAction(r => RunAsync(
            r.GetValue(rounds), r.GetValue(clients), r.GetValue(notice), r.GetValue(length), TimeSpan.FromMilliseconds(r.GetValue(pause))));
        return command;
    }

    private static async Task<int> RunAsync(int rounds, int clients, int notice, int length, TimeSpan pause)
    {
        if (OwnProxy.Find("nginx") is not { } nginx || OwnProxy.Find("redis-server") is null)
        {
            Console.Error.WriteLine("nginx or redis-server isn't installed: apt-get install nginx redis-server");
            return 1;
        }

        var folder = Directory.CreateTempSubdirectory("musicgen-rolling-").FullName;
        await using var redis = await RedisProcess.StartAloneAsync();
        var variables = Variables(redis, folder, notice);
        OwnServer[] nodes = [.. new[] { "api", "api", "worker", "worker" }.Select(role => new OwnServer(new Dictionary<string, string>(variables, StringComparer.Ordinal) { ["NODE_ROLE"] = role, ["SHUTDOWN_NOTICE_SECONDS"] = role == "worker" ? "0" : variables["SHUTDOWN_NOTICE_SECONDS"] }))];
        try
        {
            foreach (var node in nodes)
                await node.StartAsync();
            Throwaway.Write(folder, Host);
            var ports = new ProxyPorts(Ports.Free(), Ports.Free(), nodes[0].Address.Port);
            var configuration = ProxyRecipes.NginxOfNodes(ProgramFolder.HomeOf(AppContext.BaseDirectory), folder, ports, nodes[1].Address.Port);
            await File.WriteAllTextAsync(Path.Combine(folder, "nginx.conf"), configuration);
            await using var proxy = await OwnProxy.StartAsync(nginx, ports.Tls, "-c", Path.Combine(folder, "nginx.conf"), "-p", folder);
            return await RestartUnderLoadAsync(nodes, new Uri($"https://127.0.0.1:{ports.Tls}"), folder, rounds, clients, length, pause);
        }
        finally
        {
            foreach (var node in nodes)
                await node.DisposeAsync();
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<int> RestartUnderLoadAsync(OwnServer[] nodes, Uri service, string folder, int rounds, int clients, int length, TimeSpan pause)
    {
        var tally = new Tally();
        using var over = new CancellationTokenSource();
        var listeners = new List<Listener>();
        for (var i = 0; i < clients; i++)
        {
            listeners.Add(new Listener(service, folder, i, length, pause, tally));
            await listeners[i].SignUpAsync();
            await nodes[0].RunAsync("users", "set-tier", listeners[i].Email, "enterprise");
        }

        var working = listeners.Select(l => l.WorkAsync(over.Token)).ToList();
        await Task.Delay(TimeSpan.FromSeconds(3));
        for (var round = 0; round < rounds; round++)
        {
            foreach (var node in nodes)
                await RestartAsync(node, tally);
        }

        await over.CancelAsync();
        await Task.WhenAll(working);
        foreach (var listener in listeners)
            listener.Dispose();
        var code = tally.Tell();
        if (code != 0)
            Console.WriteLine(string.Join('\n', File.ReadLines(Path.Combine(folder, "error.log")).TakeLast(20))); // the proxy's
        return code;
    }

    private static async Task RestartAsync(OwnServer node, Tally tally)
    {
        using var http = new HttpClient { BaseAddress = node.Address, Timeout = TimeSpan.FromSeconds(5) };
        var start = Stopwatch.GetTimestamp();
        var stopping = node.StopAsync();
        await Task.Delay(TimeSpan.FromSeconds(1));
        if (!stopping.IsCompleted)
            tally.Probed(await StatusAsync(http, "/health/live"), await StatusAsync(http, "/health/ready"));
        tally.Stopped(await stopping, Stopwatch.GetElapsedTime(start));
        await node.StartAsync();
        while (await StatusAsync(http, "/health/ready") != HttpStatusCode.OK)
            await Task.Delay(100);
        tally.Restarted();
        await Task.Delay(TimeSpan.FromSeconds(2)); // the proxy finds out too
    }

    private static async Task<HttpStatusCode?> StatusAsync(HttpClient http, string path)
    {
        try
        {
            using var answer = await http.GetAsync(new Uri(path, UriKind.Relative));
            return answer.StatusCode;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    private static Dictionary<string, string> Variables(RedisProcess redis, string folder, int notice)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["REDIS_URL"] = redis.Url,
            ["REDIS_PATIENCE_MS"] = "3000", // what patience does is for `outage` to show
            ["DATABASE_URL"] = $"Data Source={Path.Combine(folder, "shared.db")}",
            ["AUDIO_PATH"] = Path.Combine(folder, "audio"),
            ["JWT_SECRET_KEY"] = RandomNumberGenerator.GetHexString(64),
            ["PUBLIC_URL"] = $"https://{Host}",
            ["SHUTDOWN_NOTICE_SECONDS"] = notice.ToString(CultureInfo.InvariantCulture),
            ["QUOTA_ENTERPRISE_AUDIO_SECONDS"] = "100000000",
        };
        foreach (var limits in new[] { "RATE_LIMIT_FREE", "RATE_LIMIT_ENTERPRISE", "QUOTA_ENTERPRISE" })
        {
            foreach (var window in new[] { "MINUTE", "HOUR", "DAY" })
                variables[$"{limits}_{window}"] = "1000000";
        }

        foreach (var limit in new[] { "RATE_LIMIT_FREE_BURST", "RATE_LIMIT_ENTERPRISE_BURST", "RATE_LIMIT_REFRESH_MINUTE", "RATE_LIMIT_REGISTER_MINUTE" })
            variables[limit] = "1000000";
        return variables;
    }
}
