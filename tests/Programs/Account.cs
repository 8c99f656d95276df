using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace MusicGen.Programs;

/// <summary>A signed-in client with its own cookies and its own address behind the trusted proxy.</summary>
internal sealed class Account : IDisposable
{
    private static int _count;

    private Account(Uri server, int number)
    {
        var handler = new SocketsHttpHandler { CookieContainer = new CookieContainer(), MaxConnectionsPerServer = 64 };
        Http = new HttpClient(handler) { BaseAddress = server };
        Http.DefaultRequestHeaders.Add("X-Forwarded-For", $"198.18.{number / 250 % 250}.{(number % 250) + 1}");
        Email = $"user{number}@example.org";
        Password = $"violet teapot {number} orbit";
    }

    public HttpClient Http { get; }

    public string Email { get; }

    public string Password { get; }

    public static async Task<Account> RegisterAsync(Uri server)
    {
        var number = Interlocked.Increment(ref _count);
        var account = new Account(server, number);
        await account.TakeTokenAsync();
        var body = new { email = account.Email, username = $"user{number}", password = account.Password };
        using var answer = await account.Http.PostAsJsonAsync(new Uri("/api/auth/register", UriKind.Relative), body);
        answer.EnsureSuccessStatusCode();
        await account.TakeTokenAsync();
        return account;
    }

    public async Task<JsonElement> GetAsync(string path)
    {
        using var answer = await Http.GetAsync(new Uri(path, UriKind.Relative));
        answer.EnsureSuccessStatusCode();
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    public async Task<JsonElement> PostAsync(string path, object body)
    {
        using var answer = await Http.PostAsJsonAsync(new Uri(path, UriKind.Relative), body);
        answer.EnsureSuccessStatusCode();
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    public void Dispose() => Http.Dispose();

    private async Task TakeTokenAsync()
    {
        var token = (await GetAsync("/api/auth/csrf-token")).GetProperty("csrfToken").GetString();
        Http.DefaultRequestHeaders.Remove("X-CSRF-Token");
        Http.DefaultRequestHeaders.Add("X-CSRF-Token", token);
    }
}
