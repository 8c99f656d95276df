using MusicGen.Programs.Proxies;
using MusicGen.WebApi.Configuration;

namespace MusicGen.Unit.WebApi.Security;

/// <summary>The documents' recipes are what the program gives to the proxies: another recipe than it knows is an exception.</summary>
public class ProxyRecipesTests
{
    private static readonly string Root = ProgramFolder.HomeOf(AppContext.BaseDirectory);

    private static readonly ProxyPorts Ports = new(10_080, 10_443, 18_000);

    [Fact]
    public void The_one_for_nginx_says_who_called_and_how()
    {
        var config = ProxyRecipes.Nginx(Root, "/tmp/a", Ports);

        Assert.Contains("listen 127.0.0.1:10443 ssl;", config, StringComparison.Ordinal);
        Assert.Contains("proxy_pass http://127.0.0.1:18000;", config, StringComparison.Ordinal);
        Assert.Contains("proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;", config, StringComparison.Ordinal);
        Assert.Contains("proxy_set_header X-Forwarded-Proto $scheme;", config, StringComparison.Ordinal);
    }

    // The guide repeats the location: what is run is what both say.
    [Fact]
    public void Both_documents_have_the_same_location_for_nginx()
    {
        static IEnumerable<string> Lines(string block) => block.Split('\n').Select(l => l.Trim()).Where(l => l.StartsWith("proxy_", StringComparison.Ordinal));

        var guide = Lines(ProxyRecipes.Block(Root, "docs/rate_limiting_guide.md", "nginx", 0)).ToList();

        Assert.Equal(6, guide.Count);
        Assert.Equal(guide, Lines(ProxyRecipes.Block(Root, "docs/deployment.md", "nginx", 0)));
    }

    [Theory]
    [InlineData(false, "option forwardfor", "add-header Forwarded")]
    [InlineData(true, "add-header Forwarded", "option forwardfor")]
    public void HAProxy_writes_the_one_header_or_the_other(bool forwarded, string there, string gone)
    {
        var config = ProxyRecipes.HAProxy(Root, "/tmp/a", Ports, forwarded);

        Assert.Contains(there, config, StringComparison.Ordinal);
        Assert.DoesNotContain(gone, config, StringComparison.Ordinal);
        Assert.DoesNotContain("10.0.0.", config, StringComparison.Ordinal);
    }
}
