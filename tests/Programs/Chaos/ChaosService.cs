using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using MusicGen.Programs.Proxies;

namespace MusicGen.Programs.Chaos;

/// <summary>A whole service in its lab: nginx, nodes for the API and for music, redis-server and an S3-compatible server from npm.</summary>
internal sealed class ChaosService
{
    public const string Host = "music.test";

    private const string Bucket = "musicgen-audio";
    private const int Port = 8000;

    private static readonly string[] Modules = ["/usr/lib/node_modules", "/usr/local/lib/node_modules"];

    private readonly string _redisPassword = RandomNumberGenerator.GetHexString(32);
    private readonly string _keyId = RandomNumberGenerator.GetHexString(20);
    private readonly string _secretKey = RandomNumberGenerator.GetHexString(40);
    private readonly string _secret = RandomNumberGenerator.GetHexString(64);
    private readonly Lab _lab;

    private ChaosService(Lab lab) => _lab = lab;

    public IReadOnlyList<Part> Apis { get; private set; } = [];

    public IReadOnlyList<Part> Workers { get; private set; } = [];

    public Part Proxy { get; private set; } = null!;

    public Part Redis { get; private set; } = null!;

    public Part Bucketeer { get; private set; } = null!;

    public Uri Site => new($"http://{Proxy.Place.Address}:{Port}");

    public IEnumerable<Part> Nodes => [.. Apis, .. Workers];

    public IEnumerable<Part> All => [Redis, Bucketeer, .. Nodes, Proxy];

    /// <summary>What isn't on this machine, in words that say what to do; null when nothing is missing.</summary>
    public static string? Missing =>
        OwnProxy.Find("nginx") is null ? "nginx isn't on this machine: apt-get install nginx"
        : OwnProxy.Find("redis-server") is null ? "redis-server isn't on this machine: apt-get install redis-server"
        : S3rver is null ? "s3rver isn't on this machine: npm install -g s3rver"
        : null;

    private static string? S3rver => Modules.Select(m => Path.Combine(m, "s3rver")).FirstOrDefault(Directory.Exists);

    public static async Task<ChaosService> StartAsync(Lab lab, int apis, int workers)
    {
        var service = new ChaosService(lab);
        await service.BuildAsync(apis, workers);
        service.Redis.Start();
        service.Bucketeer.Start();
        service.Apis[0].Start(); // makes the database
        await ReadyAsync([service.Apis[0]], TimeSpan.FromMinutes(2));
        foreach (var node in service.Nodes.Skip(1))
            node.Start();
        service.Proxy.Start();
        await ReadyAsync(service.Nodes, TimeSpan.FromMinutes(2));
        return service;
    }

    /// <summary>Waits until nodes are ready.</summary>
    /// <returns>How long it took; null when the time was over first.</returns>
    public static async Task<TimeSpan?> ReadyAsync(IEnumerable<Part> nodes, TimeSpan patience)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(2) };
        var start = Stopwatch.GetTimestamp();
        foreach (var node in nodes)
        {
            while (!await IsReadyAsync(http, node))
            {
                if (Stopwatch.GetElapsedTime(start) > patience)
                    return null;
                node.ThrowIfEnded();
                await Task.Delay(100);
            }
        }

        return Stopwatch.GetElapsedTime(start);
    }

    /// <summary>Runs a command of the command line as an operator would beside the first node.</summary>
    public async Task<string> CommandAsync(string input, params string[] arguments)
    {
        var info = new ProcessStartInfo("dotnet", [OwnServer.Program, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var (name, value) in Variables("api1", "api"))
            info.Environment[name] = value;
        using var process = Process.Start(info)!;
        await process.StandardInput.WriteLineAsync(input);
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output.Trim() : throw new InvalidOperationException($"{string.Join(' ', arguments)}: {(await error).Trim()}");
    }

    private static async Task<bool> IsReadyAsync(HttpClient http, Part node)
    {
        try
        {
            using var answer = await http.GetAsync(node.Health);
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }

    private async Task BuildAsync(int apis, int workers)
    {
        var proxy = await _lab.AddAsync("web");
        var redis = await _lab.AddAsync("red");
        var bucket = await _lab.AddAsync("s3");
        Redis = new Part(redis, "redis", [
            OwnProxy.Find("redis-server")!, "--bind", redis.Address, "--requirepass", _redisPassword, "--dir", redis.Folder,
            "--appendonly", "yes", "--appendfsync", "always", "--save", string.Empty, "--daemonize", "no"], []);
        Bucketeer = new Part(bucket, "s3", ["node", "-e", Script(bucket)], []);
        Proxy = new Part(proxy, "nginx", [OwnProxy.Find("nginx")!, "-c", Path.Combine(_lab.Folder, "nginx.conf"), "-p", proxy.Folder], []);
        Apis = await NodesAsync("api", apis);
        Workers = await NodesAsync("worker", workers);
        Directory.CreateDirectory(Path.Combine(_lab.Folder, "shared"));
        await File.WriteAllTextAsync(Path.Combine(_lab.Folder, "nginx.conf"), NginxConf());
    }

    private async Task<IReadOnlyList<Part>> NodesAsync(string role, int count)
    {
        var nodes = new List<Part>();
        for (var i = 1; i <= count; i++)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"{role[..3]}{i}");
            var place = await _lab.AddAsync(name);
            nodes.Add(new Part(place, name, ["dotnet", OwnServer.Program, "serve"], Variables(name, role), new Uri($"http://{place.Address}:{Port}/health/ready")));
        }

        return nodes;
    }

    // The nodes' places share this machine's kernel, so that SQLite's locks hold between them. Limits count, with numbers beyond the run's.
    private Dictionary<string, string> Variables(string name, string role)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["ENVIRONMENT"] = "Production",
            ["PUBLIC_URL"] = $"https://{Host}",
            ["NODE_ROLE"] = role,
            ["NODE_NAME"] = name,
            ["MUSICGEN_ENV_FILE"] = string.Empty,
            ["MUSICGEN_DATA"] = Path.Combine(_lab.Folder, name),
            ["ASPNETCORE_URLS"] = $"http://0.0.0.0:{Port}",
            ["JWT_SECRET_KEY"] = _secret,
            ["JWT_ACCESS_TOKEN_EXPIRE_MINUTES"] = "1", // a rotation for each session in each minute
            ["REDIS_URL"] = $"redis://:{_redisPassword}@{Redis.Place.Address}:6379",
            ["REDIS_PATIENCE_MS"] = "500", // the machine is busy with the run itself
            ["DATABASE_URL"] = $"Data Source={Path.Combine(_lab.Folder, "shared", "musicgen.db")}",
            ["AUDIO_STORE"] = "s3",
            ["S3_ENDPOINT"] = $"http://{Bucketeer.Place.Address}:{Port}",
            ["S3_BUCKET"] = Bucket,
            ["S3_ACCESS_KEY_ID"] = _keyId,
            ["S3_SECRET_ACCESS_KEY"] = _secretKey,
            ["ALLOW_PLAINTEXT_BACKENDS"] = "true",
            ["TRUSTED_PROXIES"] = $"{Proxy.Place.Address},{_lab.OwnAddress}",
            ["EMAIL_VERIFICATION"] = "off",
            ["RATE_LIMIT_REGISTER_MINUTE"] = "1000000",
            ["RATE_LIMIT_REFRESH_MINUTE"] = "1000000",
            ["LOG_LEVEL"] = "Warning",
            ["LOG_FORMAT"] = "text",
        };
        foreach (var tier in (string[])["FREE", "PREMIUM", "ENTERPRISE", "ADMIN"])
        {
            foreach (var window in (string[])["MINUTE", "HOUR", "DAY", "BURST"])
                variables[$"RATE_LIMIT_{tier}_{window}"] = "100000000";
            foreach (var window in tier == "ADMIN" ? [] : (string[])["MINUTE", "HOUR", "DAY", "AUDIO_SECONDS"])
                variables[$"QUOTA_{tier}_{window}"] = "1000000";
        }

        return variables;
    }

    // Its only key is known to everybody, so it gets one of the run's own.
    private string Script(Place place) => $$"""
        require('{{S3rver}}/lib/models/account').DUMMY_ACCOUNT.createKeyPair('{{_keyId}}', '{{_secretKey}}');
        new (require('{{S3rver}}'))({ address: '{{place.Address}}', port: {{Port}}, silent: true, directory: '{{place.Folder}}',
          configureBuckets: [{ name: '{{Bucket}}' }] }).run().catch(e => { console.error(e); process.exit(1); });
        """;

    // TLS would end here. A node that doesn't take a connection is left out for two seconds.
    private string NginxConf() => $$"""
        daemon off;
        user root;
        worker_processes 1;
        pid {{_lab.Folder}}/nginx.pid;
        error_log stderr error;
        events { worker_connections 2048; }
        http {
          access_log off;
          client_body_temp_path {{_lab.Folder}}/web/body;
          proxy_temp_path {{_lab.Folder}}/web/proxy;
          fastcgi_temp_path {{_lab.Folder}}/web/fastcgi;
          uwsgi_temp_path {{_lab.Folder}}/web/uwsgi;
          scgi_temp_path {{_lab.Folder}}/web/scgi;
          upstream nodes {
        {{string.Concat(Apis.Select(a => $"    server {a.Place.Address}:{Port} max_fails=1 fail_timeout=2s;\n"))}}    keepalive 32;
            keepalive_timeout 2s;
          }
          server {
            listen {{Proxy.Place.Address}}:{{Port}};
            location / {
              proxy_pass http://nodes;
              proxy_http_version 1.1;
              proxy_connect_timeout 1s;
              proxy_read_timeout 20s;
              proxy_set_header Connection "";
              proxy_set_header Host $host;
              proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
              proxy_set_header X-Forwarded-Proto https;
            }
          }
        }
        """;
}
