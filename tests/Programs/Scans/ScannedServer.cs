using System.Security.Cryptography;

namespace MusicGen.Programs.Scans;

/// <summary>The server that is scanned: Production's rules, its own TLS with a certificate for localhost, limits so high that a scanner isn't merely slowed down.</summary>
internal sealed class ScannedServer : IAsyncDisposable
{
    private readonly OwnServer _server;

    private ScannedServer(OwnServer server, string certificates) => (_server, Certificates) = (server, certificates);

    /// <summary>What it is called.</summary>
    public static Uri Address { get; } = new("https://localhost:8443");

    /// <summary>The folder with <c>ca.pem</c>.</summary>
    public string Certificates { get; }

    public static async Task<ScannedServer> StartAsync()
    {
        var certificates = Directory.CreateTempSubdirectory("musicgen-scan-").FullName;
        Throwaway.Write(certificates, "localhost");
        var variables = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["ENVIRONMENT"] = "Production",
            ["PUBLIC_URL"] = Address.ToString(),
            ["ASPNETCORE_URLS"] = "https://127.0.0.1:8443",
            ["TLS_CERTIFICATE_FILE"] = Path.Combine(certificates, "fullchain.pem"),
            ["TLS_KEY_FILE"] = Path.Combine(certificates, "privkey.pem"),
            ["JWT_SECRET_KEY"] = RandomNumberGenerator.GetHexString(64),
            ["ALLOW_EMBEDDED_REDIS"] = "true",
            ["EMAIL_VERIFICATION"] = "off",
            ["TRUSTED_PROXIES"] = string.Empty,
            ["RATE_LIMIT_LOGIN_MINUTE"] = "100000",
            ["RATE_LIMIT_REGISTER_MINUTE"] = "100000",
            ["RATE_LIMIT_RECOVERY_MINUTE"] = "100000",
            ["RATE_LIMIT_REFRESH_MINUTE"] = "100000",
        };
        foreach (var window in new[] { "BURST", "MINUTE", "HOUR", "DAY" })
            (variables[$"RATE_LIMIT_FREE_{window}"], variables[$"RATE_LIMIT_ADMIN_{window}"]) = ("10000000", "10000000");
        var server = new OwnServer(variables, new Uri("https://127.0.0.1:8443"), certificates);
        await server.StartAsync();
        return new ScannedServer(server, certificates);
    }

    /// <summary>Runs a command beside it.</summary>
    public Task RunAsync(params string[] arguments) => _server.RunAsync(arguments);

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        Directory.Delete(Certificates, recursive: true);
    }
}
