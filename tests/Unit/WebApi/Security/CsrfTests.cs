using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using MusicGen.Application.Identity;
using MusicGen.Domain.Sessions;
using MusicGen.WebApi.Security;

namespace MusicGen.Unit.WebApi.Security;

public class CsrfTests
{
    private readonly CsrfTokens _tokens = new(new FakeAuthenticator());
    private readonly CsrfRules _rules = new(_ => Task.CompletedTask, Edges.Of(new EdgeOptions
    {
        PublicUrl = "https://music.example.org",
        AllowedOrigins = "https://front.example.org",
    }, "Production"));

    [Fact]
    public void All_tabs_of_a_session_get_the_same_token()
    {
        var session = SessionId.New();

        Assert.Equal(_tokens.For(session), _tokens.For(session));
        Assert.NotEqual(_tokens.For(session), _tokens.For(SessionId.New()));
    }

    [Fact]
    public void A_token_holds_for_its_session_alone()
    {
        var (mine, other) = (SessionId.New(), SessionId.New());

        Assert.True(_tokens.IsValid(_tokens.For(mine), mine));
        Assert.False(_tokens.IsValid(_tokens.For(mine), other));
        Assert.False(_tokens.IsValid(_tokens.For(mine), null));
        Assert.False(_tokens.IsValid(_tokens.ForNobody(), mine));
    }

    [Fact]
    public void A_pre_session_token_is_new_each_time_and_holds_before_a_session()
    {
        var token = _tokens.ForNobody();

        Assert.True(_tokens.IsValid(token, null));
        Assert.NotEqual(token, _tokens.ForNobody());
    }

    [Fact]
    public void A_token_with_any_character_changed_is_refused()
    {
        var token = _tokens.ForNobody();

        for (var i = 0; i < token.Length; i++)
        {
            var forged = token[..i] + (token[i] == 'A' ? 'B' : 'A') + token[(i + 1)..];
            Assert.False(_tokens.IsValid(forged, null), forged);
        }
    }

    [Theory]
    [InlineData("", "x")]
    [InlineData("x", null)]
    [InlineData("", null)]
    public void Without_header_or_cookie_it_is_missing(string header, string? cookie)
    {
        Assert.Equal("csrf.missing", CsrfRules.Judge(header, cookie, _tokens, null)?.Code);
    }

    [Fact]
    public void Two_valid_tokens_that_differ_are_invalid()
    {
        Assert.Equal("csrf.invalid", CsrfRules.Judge(_tokens.ForNobody(), _tokens.ForNobody(), _tokens, null)?.Code);
    }

    [Fact]
    public void A_planted_pair_that_we_never_signed_is_invalid()
    {
        var planted = new string('a', 22) + ".key.signature";

        Assert.Equal("csrf.invalid", CsrfRules.Judge(planted, planted, _tokens, null)?.Code);
    }

    [Fact]
    public void The_double_submit_of_ones_own_token_passes()
    {
        var session = SessionId.New();

        Assert.Null(CsrfRules.Judge(_tokens.For(session), _tokens.For(session), _tokens, session));
    }

    [Theory]
    [InlineData("same-origin", null, false)]
    [InlineData("none", null, false)]
    [InlineData("same-origin", "https://evil.example", false)]
    [InlineData("cross-site", null, true)]
    [InlineData("cross-site", "https://front.example.org", false)]
    [InlineData("same-site", "https://front.example.org", false)]
    [InlineData("same-site", "https://evil.example.org", true)]
    [InlineData(null, "https://music.example.org", false)]
    [InlineData(null, "https://evil.example", true)]
    [InlineData(null, "null", true)]
    [InlineData(null, "", true)]
    [InlineData(null, "https://FRONT.example.org", true)]
    [InlineData(null, null, false)]
    public void The_browser_says_where_a_request_comes_from(string? site, string? origin, bool refused)
    {
        var headers = new HeaderDictionary();
        if (site is not null)
            headers["Sec-Fetch-Site"] = site;
        if (origin is not null)
            headers["Origin"] = origin;

        Assert.Equal(refused, _rules.IsCrossSite(headers));
    }

    private sealed class FakeAuthenticator : IMessageAuthenticator
    {
        public string Sign(string purpose, string message) =>
            "k1." + Convert.ToBase64String(HMACSHA256.HashData("key"u8, Encoding.UTF8.GetBytes($"{purpose}:{message}"))).Replace('+', '-').Replace('/', '_').TrimEnd('=');

        public bool Verify(string purpose, string message, string signature) => Sign(purpose, message) == signature;
    }
}
