using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MusicGen.Integration.Edge;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Identity;

/// <summary>What is handed to a browser has the size it should: cookies short enough to be kept, challenges long enough not to be guessed.</summary>
public sealed class CookieSizeTests(ProductionApp production) : IClassFixture<ProductionApp>
{
    // RFC 6265bis, 5.6: browsers drop a cookie whose name and value have more octets together.
    private const int Longest = 4096;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_cookie_is_over_4096_bytes_at_its_longest()
    {
        using var client = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = production.Address };
        var jar = new Dictionary<string, string>(StringComparer.Ordinal);
        var names = new HashSet<string>(StringComparer.Ordinal);
        var longest = 0;

        // Seven accounts on one device: its cookie names as many as it may. The longest names and addresses, remembered.
        for (var i = 0; i < 7; i++)
        {
            var email = $"{new string((char)('a' + i), 64)}@{string.Join('.', Enumerable.Repeat(new string('b', 45), 4))}.org";
            foreach (var name in (string[])["__Host-auth_token", "__Host-refresh_token", "__Host-csrf_token"])
                jar.Remove(name);
            Keep(await SendAsync("/api/auth/csrf-token", null));
            Keep(await SendAsync("/api/auth/register", new { email, username = new string((char)('a' + i), 32), password = Browser.DefaultPassword }));
            Keep(await SendAsync("/api/auth/login", new { email, password = Browser.DefaultPassword, remember_me = true }));
            Keep(await SendAsync("/api/auth/refresh", new { }));
        }

        Assert.Equal(["__Host-auth_token", "__Host-csrf_token", "__Host-device_id", "__Host-refresh_token"], names.Order(StringComparer.Ordinal));
        Assert.InRange(longest, 400, Longest);
        Assert.True(jar["__Host-device_id"].Split('~').Length == 7, "The device's cookie doesn't name five accounts.");

        async Task<HttpResponseMessage> SendAsync(string path, object? body)
        {
            using var request = new HttpRequestMessage(body is null ? HttpMethod.Get : HttpMethod.Post, path);
            request.Headers.Add("X-Forwarded-Proto", "https");
            request.Headers.Add("X-Forwarded-For", "203.0.113.77");
            request.Headers.Add("Host", "localhost");
            request.Headers.TryAddWithoutValidation("Cookie", string.Join("; ", jar.Select(c => $"{c.Key}={c.Value}")));
            if (body is not null)
            {
                request.Content = new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json");
                request.Headers.Add("X-CSRF-Token", jar["__Host-csrf_token"]);
            }

            var answer = await client.SendAsync(request, Ct);
            Assert.True(answer.IsSuccessStatusCode, $"{path}: {await answer.Content.ReadAsStringAsync(Ct)}");
            return answer;
        }

        void Keep(HttpResponseMessage answer)
        {
            using (answer)
            {
                foreach (var cookie in answer.Headers.TryGetValues("Set-Cookie", out var set) ? set : [])
                {
                    var pair = cookie.Split(';')[0];
                    longest = Math.Max(longest, Encoding.UTF8.GetByteCount(pair));
                    var name = pair[..pair.IndexOf('=', StringComparison.Ordinal)];
                    names.Add(name);
                    jar[name] = pair[(name.Length + 1)..];
                }
            }
        }
    }

    [Fact]
    public async Task A_challenge_of_a_passkey_has_64_bits_and_more_and_is_never_the_same()
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        using var client = new HttpClient(new SocketsHttpHandler { CookieContainer = new CookieContainer() }) { BaseAddress = production.Address };
        for (var i = 0; i < 20; i++)
        {
            using var csrf = new HttpRequestMessage(HttpMethod.Get, "/api/auth/csrf-token");
            csrf.Headers.Add("X-Forwarded-Proto", "https");
            using var given = await client.SendAsync(csrf, Ct);
            var cookie = given.Headers.GetValues("Set-Cookie").First(c => c.StartsWith("__Host-csrf_token=", StringComparison.Ordinal)).Split(';')[0];
            using var request = new HttpRequestMessage(HttpMethod.Post, "/api/auth/login/passkey/options");
            request.Headers.Add("X-Forwarded-Proto", "https");
            request.Headers.Add("X-Forwarded-For", "203.0.113.78");
            request.Headers.Add("X-CSRF-Token", (await given.JsonAsync())["csrfToken"]!.GetValue<string>());
            request.Headers.TryAddWithoutValidation("Cookie", cookie);

            using var answer = await client.SendAsync(request, Ct);

            await answer.MustBeAsync(HttpStatusCode.OK);
            var challenge = (await answer.JsonAsync())["options"] is JsonObject options ? options["challenge"]!.GetValue<string>() : string.Empty;
            Assert.InRange(System.Buffers.Text.Base64Url.DecodeFromChars(challenge).Length, 16, 64);
            Assert.True(seen.Add(challenge), "A challenge came twice.");
        }
    }
}
