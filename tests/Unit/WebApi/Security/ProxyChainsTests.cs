using System.Net;
using Microsoft.AspNetCore.Http;
using MusicGen.Programs.Proxies;
using MusicGen.WebApi.Security;

namespace MusicGen.Unit.WebApi.Security;

/// <summary>The program's chains, a small number of them, and whether its judge sees what it is there for.</summary>
public class ProxyChainsTests
{
    [Fact]
    public async Task Whatever_a_client_sends_through_whichever_proxies_its_address_is_its_own() =>
        Assert.Empty(await ProxyJudge.FaultsAsync(20_000, seed: 20261124));

    // The original's way: the leftmost address that anybody wrote.
    [Fact]
    public void The_judge_finds_a_service_that_believes_the_leftmost()
    {
        var client = IPAddress.Parse("203.0.113.9");
        var hops = new ProxyHop[] { new(IPAddress.Parse("10.0.0.5"), true, Says.AtTheEndOfXForwardedFor) };
        var request = ProxiedRequest.Along(client, hops, [new HeaderLine("X-Forwarded-For", "1.1.1.1")], saysScheme: true, new Random(1));
        var context = new DefaultHttpContext();
        (context.Request.Scheme, context.Request.Host, context.Request.Path) = (request.Scheme, new HostString("localhost"), "/api/v1/models");
        context.Connection.RemoteIpAddress = IPAddress.Parse("1.1.1.1");
        context.Features.Set(new ClientAddress(IPAddress.Parse("1.1.1.1"), request.Scheme, true, false));

        Assert.Equal("the client is 203.0.113.9, the service sees 1.1.1.1", ProxyJudge.Compare(request, context));
    }

    // A mark that the client left open swallowed what the proxy added, and what it had written before it counted.
    [Theory]
    [InlineData("for=10.9.9.9;by=\"", "for=\"[2001:db8::7]\";proto=https", "2001:db8::7")]
    [InlineData("for=\"", "for=203.0.113.9", "203.0.113.9")]
    [InlineData("for=10.9.9.9;host=\"\\", "for=\"203.0.113.9:80\"", "203.0.113.9")]
    [InlineData("for=\"1.1.1.1\\\"", "for=203.0.113.9;host=\"a\\\",b\\\\\"", "203.0.113.9")]
    public void A_quotation_mark_that_a_client_leaves_open_swallows_nothing(string sent, string added, string client)
    {
        var edge = Edges.Of(new EdgeOptions { TrustedProxies = "10.0.0.5", ForwardedHeader = "forwarded" });
        foreach (var lines in new[] { new[] { sent, added }, [$"{sent}, {added}"] })
        {
            var headers = new HeaderDictionary { ["Forwarded"] = lines };
            Assert.Equal(client, ClientAddress.Resolve(IPAddress.Parse("10.0.0.5"), "http", headers, edge).Address.ToString());
        }
    }

    [Theory]
    [InlineData("203.0.113.9, 10.0.0.4", "https, http")]
    [InlineData("1.1.1.1, 203.0.113.9, 10.0.0.4", "https, http")]
    [InlineData("203.0.113.9, 10.0.0.4", "http, http, https, http")]
    public void Schemes_that_proxies_append_belong_to_their_addresses_however_many_a_client_sent(string addresses, string schemes)
    {
        var edge = Edges.Of(new EdgeOptions { TrustedProxies = "10.0.0.0/24" });
        var headers = new HeaderDictionary { ["X-Forwarded-For"] = addresses, ["X-Forwarded-Proto"] = schemes };

        var client = ClientAddress.Resolve(IPAddress.Parse("10.0.0.5"), "http", headers, edge);

        Assert.Equal(("203.0.113.9", "https"), (client.Address.ToString(), client.Scheme));
    }
}
