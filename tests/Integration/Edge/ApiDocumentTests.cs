using System.Net;
using Microsoft.Extensions.DependencyInjection;
using MusicGen.Integration.Support;
using MusicGen.WebApi.OpenApi;

namespace MusicGen.Integration.Edge;

/// <summary>The description is anonymous and uncounted, so it must cost next to nothing.</summary>
public sealed class ApiDocumentTests(EdgeApp edge)
{
    private const string Path = "/openapi/v1.json";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_is_made_once_however_many_ask_at_once()
    {
        var document = edge.App.Services.GetRequiredService<ApiDocument>();

        var all = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() => document.GetAsync(Ct), Ct)));

        Assert.All(all, one => Assert.Same(all[0], one));
        using var browser = edge.NewBrowser();
        using var answer = await browser.GetAsync(Path);
        await answer.MustBeAsync(HttpStatusCode.OK);
        Assert.Equal("application/json; charset=utf-8", answer.Header("Content-Type"));
        Assert.Equal(all[0].Json, await answer.Content.ReadAsByteArrayAsync(Ct));
    }

    [Fact]
    public async Task Who_has_it_already_gets_no_second_one()
    {
        using var browser = edge.NewBrowser();
        using var first = await browser.GetAsync(Path);

        using var again = await browser.SendAsync(HttpMethod.Get, Path, headers: [("If-None-Match", first.Header("ETag")!)]);

        await again.MustBeAsync(HttpStatusCode.NotModified);
        Assert.Empty(await again.Content.ReadAsByteArrayAsync(Ct));
    }

    [Fact]
    public async Task It_describes_the_contract_and_not_itself()
    {
        using var browser = edge.NewBrowser();

        var document = await browser.GetJsonAsync(Path);

        Assert.StartsWith("3.1", document["openapi"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.NotNull(document["paths"]!["/api/v1/generate"]!["post"]);
        Assert.DoesNotContain(document["paths"]!.AsObject(), p => p.Key.StartsWith("/openapi", StringComparison.Ordinal));
        using var other = await browser.GetAsync("/openapi/v2.json");
        await other.MustBeProblemAsync(HttpStatusCode.NotFound, "route.not_found");
    }
}
