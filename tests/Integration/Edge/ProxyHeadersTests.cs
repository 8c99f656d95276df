using System.Globalization;
using System.Net;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Edge;

/// <summary>What a trusted proxy passes on as the client sent it is still the client's word: only the one header counts.</summary>
public sealed class ProxyHeadersTests(EdgeApp edge)
{
    public static TheoryData<string, string> Untouched { get; } = new()
    {
        { "X-Real-IP", "203.0.113.200" },
        { "CF-Connecting-IP", "203.0.113.200" },
        { "CF-Connecting-IPv6", "2001:db8::200" },
        { "X-Client-IP", "203.0.113.200" },
        { "X-Cluster-Client-IP", "203.0.113.200" },
        { "X-Forwarded", "for=203.0.113.200;proto=http;host=evil.example" },
        { "Forwarded-For", "203.0.113.200" },
        { "Forwarded", "for=203.0.113.200;proto=http;host=evil.example" },
        { "True-Client-IP", "203.0.113.200" },
        { "Fastly-Client-IP", "203.0.113.200" },
        { "X-Original-For", "203.0.113.200" },
        { "X-ProxyUser-Ip", "203.0.113.200" },
        { "X_Forwarded_For", "203.0.113.200" },
        { "X-Forwarded-Host", "evil.example" },
        { "X-Forwarded-Server", "evil.example" },
        { "X-Original-Host", "evil.example" },
        { "X-Host", "evil.example" },
        { "X-Forwarded-Port", "8443" },
        { "X-Forwarded-Prefix", "/evil" },
        { "X-Forwarded-Path", "/evil" },
        { "X-Forwarded-Scheme", "ftp" },
        { "X-Forwarded-Ssl", "off" },
        { "Front-End-Https", "on" },
        { "X-Original-Proto", "ftp" },
        { "X-Original-URL", "/api/v1/quota" },
        { "X-Rewrite-URL", "/api/v1/quota" },
        { "X-HTTP-Method-Override", "DELETE" },
        { "X-Method-Override", "DELETE" },
    };

    [Theory, MemberData(nameof(Untouched))]
    public async Task A_header_that_the_proxy_passes_on_changes_neither_address_nor_path_host_scheme_or_links(string name, string value)
    {
        using var browser = edge.NewBrowser();
        using var claimed = edge.NewBrowser("203.0.113.200");
        var (own, claimedBefore) = (await ModelsAsync(browser), await ModelsAsync(claimed));

        var with = await ModelsAsync(browser, (name, value));
        using var passed = await browser.SendAsync(HttpMethod.Get, "/openapi/v1.json", headers: [(name, value)]);
        using var plain = await browser.GetAsync("/openapi/v1.json");

        Assert.Equal(own.Left - 1, with.Left); // its own counter
        Assert.Equal(own.Body, with.Body); // the path that it asked for, by the method that it used
        Assert.Equal(await plain.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), await passed.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal(claimedBefore.Left - 1, (await ModelsAsync(claimed)).Left); // nobody counted in between
    }

    [Fact]
    public async Task Places_and_links_in_mail_are_of_the_own_origin_whatever_the_headers_say()
    {
        using var browser = await edge.RegisterAsync();
        (string, string)[] all = [.. Untouched.Select(row => ((string, string))row.Data)];

        using var task = await browser.SendAsync(HttpMethod.Post, "/api/v1/generate", new StringContent("{\"prompt\":\"calm piano\",\"duration\":1}", null, "application/json"), headers: all);
        using var forgot = await browser.SendAsync(HttpMethod.Post, "/api/auth/forgot-password", new StringContent($"{{\"email\":\"{browser.Email}\"}}", null, "application/json"), headers: all);

        await task.MustBeAsync(HttpStatusCode.Accepted);
        Assert.Equal($"/api/v1/generate/{(await task.JsonAsync())["task_id"]!.GetValue<string>()}", task.Header("Location"));
        await forgot.MustBeAsync(HttpStatusCode.OK);
        await edge.App.TokenAsync(browser.Email, $"{edge.App.Address}reset-password");
        Assert.DoesNotContain(Directory.GetFiles(Path.Combine(edge.App.Folder, "mail")), f => File.ReadAllText(f).Contains("evil", StringComparison.Ordinal));
    }

    private static async Task<(long Left, string Body)> ModelsAsync(Browser browser, params (string, string)[] headers)
    {
        using var answer = await browser.SendAsync(HttpMethod.Get, "/api/v1/models", headers: headers);
        await answer.MustBeAsync(HttpStatusCode.OK);
        return (long.Parse(answer.Header("X-RateLimit-Day-Remaining")!, CultureInfo.InvariantCulture), await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }
}
