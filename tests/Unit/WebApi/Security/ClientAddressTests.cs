using System.Net;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Microsoft.AspNetCore.Http;
using MusicGen.WebApi.Security;

namespace MusicGen.Unit.WebApi.Security;

public class ClientAddressTests
{
    private static readonly Edge TrustingTen = Edges.Of(new EdgeOptions { TrustedProxies = "10.0.0.0/8,fd00::/8" });

    [Fact]
    public void Nobody_is_trusted_by_default()
    {
        var client = Resolve("127.0.0.1", Edges.Of(), ("X-Forwarded-For", "203.0.113.9"));

        Assert.Equal("127.0.0.1", client.Address.ToString());
        Assert.True(client.HasUntrustedHeader);
    }

    [Fact]
    public void The_chain_is_read_from_the_right_up_to_the_first_stranger()
    {
        var client = Resolve("10.0.0.1", TrustingTen, ("X-Forwarded-For", "1.1.1.1, 203.0.113.9, 10.0.0.2"));

        Assert.Equal("203.0.113.9", client.Address.ToString());
        Assert.False(client.HasUntrustedHeader);
    }

    [Fact]
    public void Several_header_lines_are_one_chain()
    {
        var client = Resolve("10.0.0.1", TrustingTen, ("X-Forwarded-For", "1.1.1.1"), ("X-Forwarded-For", "203.0.113.9"));

        Assert.Equal("203.0.113.9", client.Address.ToString());
    }

    [Theory]
    [InlineData("unknown")]
    [InlineData("1")]
    [InlineData("0x7f.0.0.1")]
    [InlineData("010.0.0.1")]
    [InlineData("fe80::1%eth0")]
    [InlineData("")]
    public void Nonsense_ends_the_chain_at_whoever_wrote_it(string nonsense)
    {
        var client = Resolve("10.0.0.1", TrustingTen, ("X-Forwarded-For", $"203.0.113.9, {nonsense}"));

        Assert.Equal("10.0.0.1", client.Address.ToString());
    }

    [Theory]
    [InlineData("203.0.113.9:4711", "203.0.113.9")]
    [InlineData("[2001:db8::1]:4711", "2001:db8::1")]
    [InlineData("2001:db8::1", "2001:db8::1")]
    [InlineData("::ffff:203.0.113.9", "203.0.113.9")]
    public void Ports_brackets_and_mapped_addresses_are_understood(string written, string expected)
    {
        Assert.Equal(expected, Resolve("10.0.0.1", TrustingTen, ("X-Forwarded-For", written)).Address.ToString());
    }

    [Fact]
    public void A_mapped_peer_is_the_same_peer()
    {
        Assert.Equal("203.0.113.9", Resolve("::ffff:10.0.0.1", TrustingTen, ("X-Forwarded-For", "203.0.113.9")).Address.ToString());
    }

    [Fact]
    public void Only_the_named_header_counts_even_from_a_trusted_proxy()
    {
        var edge = Edges.Of(new EdgeOptions { TrustedProxies = "10.0.0.1", ForwardedHeader = "X-Real-IP" });

        var client = Resolve("10.0.0.1", edge, ("X-Forwarded-For", "1.1.1.1"), ("X-Real-IP", "203.0.113.9"), ("X-Forwarded-Proto", "https"));

        Assert.Equal("203.0.113.9", client.Address.ToString());
        Assert.Equal("http", client.Scheme);
    }

    [Fact]
    public void The_standard_header_gives_address_and_scheme()
    {
        var edge = Edges.Of(new EdgeOptions { TrustedProxies = "10.0.0.0/8", ForwardedHeader = "forwarded" });

        var client = Resolve("10.0.0.1", edge, ("Forwarded", "for=1.1.1.1, for=\"[2001:db8::7]:99\";proto=https;by=\"a,b\", for=10.0.0.2"));

        Assert.Equal(("2001:db8::7", "https", true), (client.Address.ToString(), client.Scheme, client.SchemeIsVouched));
    }

    [Fact]
    public void The_scheme_comes_from_trusted_proxies_only()
    {
        Assert.Equal("https", Resolve("10.0.0.1", TrustingTen, ("X-Forwarded-For", "203.0.113.9"), ("X-Forwarded-Proto", "https")).Scheme);
        Assert.Equal("http", Resolve("192.0.2.1", TrustingTen, ("X-Forwarded-For", "203.0.113.9"), ("X-Forwarded-Proto", "https")).Scheme);
    }

    [Fact]
    public void A_subscriber_of_IPv6_is_one_client_whatever_address_it_takes()
    {
        Assert.Equal(IpNetworks.CountKey(IPAddress.Parse("2001:db8:1:2:3:4:5:6")), IpNetworks.CountKey(IPAddress.Parse("2001:db8:1:2::1")));
        Assert.NotEqual(IpNetworks.CountKey(IPAddress.Parse("2001:db8:1:3::1")), IpNetworks.CountKey(IPAddress.Parse("2001:db8:1:2::1")));
    }

    // Whatever a client writes to the left of what the nearest proxy added, the answer stays the same.
    [Property(MaxTest = 500)]
    public Property What_a_client_writes_itself_changes_nothing() => Prop.ForAll(
        ArbMap.Default.ArbFor<(NonNull<string> Claimed, byte Client, byte[] Proxies)>(),
        input =>
        {
            var claimed = new string([.. input.Claimed.Get.Where(c => !char.IsControl(c))]);
            var added = string.Join(", ", (input.Proxies ?? []).Select(p => $"10.1.2.{p}").Prepend($"203.0.113.{input.Client}"));

            var honest = Resolve("10.0.0.1", TrustingTen, ("X-Forwarded-For", added));
            var lying = Resolve("10.0.0.1", TrustingTen, ("X-Forwarded-For", $"{claimed}, {added}"));

            return honest.Address.Equals(lying.Address) && honest.Address.ToString() == $"203.0.113.{input.Client}";
        });

    [Property(MaxTest = 500)]
    public Property From_an_untrusted_peer_the_answer_is_the_peer_whatever_it_sends() => Prop.ForAll(
        ArbMap.Default.ArbFor<(NonNull<string> Claimed, byte Peer)>(),
        input =>
        {
            var claimed = new string([.. input.Claimed.Get.Where(c => !char.IsControl(c))]);
            var client = Resolve($"192.0.2.{input.Peer}", TrustingTen, ("X-Forwarded-For", claimed), ("Forwarded", claimed), ("X-Real-IP", claimed));
            return client.Address.ToString() == $"192.0.2.{input.Peer}" && (claimed.Length == 0 || client.HasUntrustedHeader);
        });

    private static ClientAddress Resolve(string peer, Edge edge, params (string Name, string Value)[] headers)
    {
        var dictionary = new HeaderDictionary();
        foreach (var (name, value) in headers)
            dictionary.Append(name, value);
        return ClientAddress.Resolve(IPAddress.Parse(peer), "http", dictionary, edge);
    }
}
