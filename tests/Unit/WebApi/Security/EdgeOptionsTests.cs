using MusicGen.WebApi.Security;

namespace MusicGen.Unit.WebApi.Security;

public class EdgeOptionsTests
{
    private const string Public = "https://music.example.org";

    [Theory]
    [InlineData("*")]
    [InlineData("https://*.example.org")]
    [InlineData("http://front.example.org")]
    [InlineData("https://Front.example.org")]
    [InlineData("https://front.example.org/")]
    [InlineData("https://front.example.org:443")]
    [InlineData("null")]
    public void Production_refuses_an_origin_that_lets_too_many_in(string origin)
    {
        var fault = Assert.Single(Edges.Faults(new EdgeOptions { PublicUrl = Public, AllowedOrigins = origin }));
        Assert.StartsWith("ALLOWED_ORIGINS", fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0.0.0.0/0")]
    [InlineData("::/0")]
    [InlineData("anything")]
    [InlineData("10.0.0.0/33")]
    public void Production_refuses_to_trust_everybody(string proxies)
    {
        var fault = Assert.Single(Edges.Faults(new EdgeOptions { PublicUrl = Public, TrustedProxies = proxies }));
        Assert.StartsWith("TRUSTED_PROXIES", fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://music.example.org", "Production")]
    [InlineData("http://music.example.org", "Development")]
    [InlineData("https://music.example.org/path", "Production")]
    [InlineData("music.example.org", "Production")]
    public void A_public_address_whose_cookies_browsers_would_drop_is_refused(string url, string environment)
    {
        Assert.StartsWith("PUBLIC_URL", Assert.Single(Edges.Faults(new EdgeOptions { PublicUrl = url }, environment)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_short_key_and_an_unknown_header_are_refused_by_name()
    {
        var faults = Edges.Faults(new EdgeOptions { PublicUrl = Public, InternalApiKeys = "short", ForwardedHeader = "x-client-ip" });

        Assert.Contains(faults, f => f.StartsWith("INTERNAL_API_KEYS", StringComparison.Ordinal));
        Assert.Contains(faults, f => f.StartsWith("FORWARDED_HEADER", StringComparison.Ordinal));
    }

    [Fact]
    public void A_sound_configuration_passes()
    {
        Assert.Empty(Edges.Faults(new EdgeOptions
        {
            PublicUrl = Public,
            AllowedOrigins = "https://front.example.org, https://front.example.org:8443",
            TrustedProxies = "10.0.0.0/8, 2001:db8::1",
            AllowedHosts = "music.internal, 10.0.0.5, [2001:db8::5]",
            InternalApiKeys = new string('k', 32),
        }));
    }

    [Theory]
    [InlineData("http://localhost:3000", true)]
    [InlineData("http://127.0.0.1:51234", true)]
    [InlineData("http://[::1]:3000", true)]
    [InlineData("https://localhost", true)]
    [InlineData("http://LOCALHOST:3000", false)]
    [InlineData("http://localhost:3000/", false)]
    [InlineData("http://localhost.example.org", false)]
    [InlineData("http://127.0.0.2:3000", false)]
    [InlineData("ftp://localhost", false)]
    [InlineData("null", false)]
    [InlineData("", false)]
    [InlineData("localhost:3000", false)]
    public void Development_lets_pages_of_this_machine_in_and_Production_does_not(string origin, bool allowed)
    {
        Assert.Equal(allowed, Edges.Of().IsAllowedOrigin(origin));
        Assert.False(Edges.Of(new EdgeOptions { PublicUrl = Public }, "Production").IsAllowedOrigin(origin));
    }

    [Fact]
    public void An_internal_key_is_compared_with_every_one()
    {
        var edge = Edges.Of(new EdgeOptions { InternalApiKeys = "first-key,second-key" });

        Assert.True(edge.IsInternalKey("second-key"));
        Assert.False(edge.IsInternalKey("second-ke"));
        Assert.False(edge.IsInternalKey(null));
        Assert.False(Edges.Of().IsInternalKey(string.Empty));
    }
}
