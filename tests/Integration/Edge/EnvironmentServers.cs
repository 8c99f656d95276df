using System.Text.Json.Nodes;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Edge;

/// <summary>A server under each name of an environment, alike in everything else.</summary>
public sealed class EnvironmentServers : IAsyncLifetime
{
    private readonly Dictionary<string, MusicGenApp> _servers = new(StringComparer.Ordinal);

    public static string[] Names => ["Development", "Staging", "Production", "qa"];

    public MusicGenApp this[string environment] => _servers[environment];

    public async ValueTask InitializeAsync()
    {
        foreach (var name in Names)
        {
            _servers[name] = await MusicGenApp.StartAsync(
            [
                .. Environments.Named(name), ("STAGING_DEV_ORIGINS", "https://dev.front.example.org,https://xn--bcher-kva.example.org"),
                ("STAGING_DOMAIN", "staging.example.org"), ("RATE_LIMIT_FREE_BURST", "30"),
            ]);
        }
    }

    /// <summary>As a browser behind a proxy that ends TLS; the cookie store of the client library would keep Secure cookies to itself.</summary>
    public async Task<RawAnswer> RegisterAsync(string environment, string body)
    {
        var server = this[environment].Address;
        (string, string)[] proxy = [("X-Forwarded-For", "198.18.250.2"), ("X-Forwarded-Proto", "https")];
        var token = await RawHttp.SendAsync(server, "GET", "/api/auth/csrf-token", proxy);
        var answer = await RawHttp.SendAsync(
            server, "POST", "/api/auth/register", body,
            [.. proxy, ("Cookie", token.Header("Set-Cookie")!.Split(';')[0]), ("X-CSRF-Token", JsonNode.Parse(token.Body)!["csrfToken"]!.GetValue<string>())]);
        Assert.True(answer.Status == 201, answer.Body);
        return answer;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers.Values)
            await server.DisposeAsync();
    }
}
