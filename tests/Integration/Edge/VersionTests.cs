using System.Net;
using MusicGen.Integration.Support;
using MusicGen.WebApi.Hosting;

namespace MusicGen.Integration.Edge;

/// <summary>Which build runs here is nobody's business but the operator's.</summary>
public sealed class VersionTests(EdgeApp edge)
{
    [Theory]
    [InlineData("/")]
    [InlineData("/docs")]
    [InlineData("/openapi/v1.json")]
    [InlineData("/health")]
    [InlineData("/api/v1/models")]
    [InlineData("/api/nowhere")]
    public async Task No_answer_names_the_programs_version(string path)
    {
        using var browser = edge.NewBrowser();
        using var answer = await browser.GetAsync(path);
        var said = $"{answer.Headers} {answer.Content.Headers} {await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)}";

        var version = ProgramVersion.Text.Split('+')[0];
        Assert.Matches(@"^\d+\.\d+\.\d+", version);
        Assert.DoesNotContain(version, said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_description_names_the_apis()
    {
        using var browser = edge.NewBrowser();
        using var answer = await browser.GetAsync("/openapi/v1.json");

        await answer.MustBeAsync(HttpStatusCode.OK);
        Assert.Equal("v1", (await answer.JsonAsync())["info"]!["version"]!.GetValue<string>());
    }
}
