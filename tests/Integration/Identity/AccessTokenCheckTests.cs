using System.Buffers.Text;
using System.Diagnostics.Metrics;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using MusicGen.Infrastructure.Identity;
using MusicGen.Integration.Edge;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Identity;

/// <summary>What an access token must be, asked over the wire: each is a good one but for a single change.</summary>
public sealed class AccessTokenCheckTests(EdgeApp edge)
{
    [Fact]
    public async Task A_token_put_together_again_unchanged_passes()
    {
        using var browser = await edge.RegisterAsync();
        var token = await ForgedToken.OfAsync(browser, edge.App);

        using var answer = await UseAsync(token.Sign());

        await answer.MustBeAsync(HttpStatusCode.OK); // or the refusals below would prove nothing
    }

    [Fact]
    public async Task The_bearer_handler_looks_at_a_token_once_and_at_nothing_that_the_session_check_does_not_ask_for()
    {
        await using var app = await MusicGenApp.StartAsync(); // nobody else asks this one
        using var browser = await app.RegisterAsync();
        var looked = 0;
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, l) =>
            {
                if (instrument.Name == "aspnetcore.authentication.authenticate.duration" && instrument.Meter.Scope == app.Services.GetRequiredService<IMeterFactory>())
                    l.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<double>((_, _, _, _) => Interlocked.Increment(ref looked));
        listener.Start();
        var token = (await ForgedToken.OfAsync(browser, app)).Sign();

        for (var request = 0; request < 5; request++)
            (await UseAsync(token, app)).Dispose();
        using var stranger = app.NewBrowser();
        (await stranger.GetAsync("/health/live")).Dispose();

        Assert.Equal(1, looked);
    }

    [Theory]
    [InlineData("sub")]
    [InlineData("sid")]
    [InlineData("jti")]
    [InlineData("iat")]
    [InlineData("exp")]
    [InlineData("iss")]
    [InlineData("aud")]
    [InlineData("ctr")]
    [InlineData("token_type")]
    public async Task A_claim_that_is_missing_is_no_claim_that_holds(string claim)
    {
        await RefusedAsync(token => Assert.True(token.Payload.Remove(claim)));
    }

    [Theory]
    [InlineData("token_type", "refresh")]
    [InlineData("token_type", "ACCESS")]
    [InlineData("iss", "somebody-else")]
    [InlineData("aud", "another-api")]
    [InlineData("jti", "not-a-uuid")]
    [InlineData("sid", "../../another")]
    [InlineData("sub", "admin")]
    [InlineData("ctr", "-1")]
    public async Task A_claim_of_another_kind_is_refused(string claim, string value)
    {
        await RefusedAsync(token => token.Payload[claim] = value);
    }

    [Fact]
    public async Task A_token_that_is_over_is_refused_to_the_second()
    {
        await RefusedAsync(token => token.Payload["exp"] = DateTimeOffset.UtcNow.ToUnixTimeSeconds());
    }

    [Theory]
    [InlineData("another")]
    [InlineData(null)]
    public async Task A_token_names_a_key_of_ours_or_is_none(string? kid)
    {
        await RefusedAsync(token =>
        {
            token.Header.Remove("kid");
            if (kid is not null)
                token.Header["kid"] = kid;
        });
    }

    [Theory]
    [InlineData("none")]
    [InlineData("None")]
    [InlineData("ES256")]
    public async Task Without_a_signature_nothing_is_believed(string algorithm)
    {
        await RefusedAsync(token => token.Header["alg"] = algorithm, token => token.Unsigned());
    }

    [Fact]
    public async Task The_public_key_is_nobodys_shared_secret()
    {
        await RefusedAsync(token => token.Header["alg"] = "HS256", token => token.SignSymmetrically(Encoding.ASCII.GetBytes(Pem(token.PublicKey))));
        await RefusedAsync(token => token.Header["alg"] = "HS256", token => token.SignSymmetrically(Spki(token.PublicKey)));
        await RefusedAsync(token => token.Header["alg"] = "HS256", token => token.SignSymmetrically([.. token.PublicKey.Q.X!, .. token.PublicKey.Q.Y!]));
    }

    [Fact]
    public async Task A_key_that_the_token_brings_along_is_not_looked_at()
    {
        using var attacker = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var point = attacker.ExportParameters(includePrivateParameters: false).Q;
        var jwk = new JsonObject
        {
            ["kty"] = "EC",
            ["crv"] = "P-256",
            ["x"] = Base64Url.EncodeToString(point.X),
            ["y"] = Base64Url.EncodeToString(point.Y),
        };

        await RefusedAsync(token => token.Header["jwk"] = jwk.DeepClone(), token => token.Sign(attacker));
        await RefusedAsync(token => token.Header["jku"] = "http://127.0.0.1:9/keys.json", token => token.Sign(attacker));
        await RefusedAsync(token => token.Header["x5u"] = "http://127.0.0.1:9/chain.pem", token => token.Sign(attacker));
        await RefusedAsync(
            token =>
            {
                token.Header["kid"] = "attackers";
                token.Header["jwk"] = jwk.DeepClone();
            },
            token => token.Sign(attacker));
    }

    /// <summary>Whoever has a token in the cache of a node must not keep it when its key has leaked.</summary>
    [Fact]
    public async Task A_revoked_key_ends_even_a_token_that_was_verified_a_moment_ago()
    {
        await using var app = await MusicGenApp.StartAsync();
        using var browser = await app.RegisterAsync();
        var stolen = browser.Cookie("auth_token")!;
        using (var before = await UseAsync(stolen, app))
            await before.MustBeAsync(HttpStatusCode.OK);

        var kid = (await ForgedToken.OfAsync(browser, app)).Header["kid"]!.GetValue<string>();
        Assert.True(await app.InScopeAsync(s => ((SigningKeyRing)s.GetService(typeof(SigningKeyRing))!).RevokeAsync(kid, CancellationToken.None)));

        using var after = await UseAsync(stolen, app);
        await after.MustBeProblemAsync(HttpStatusCode.Unauthorized, "auth.token_invalid");
        using var refreshed = await browser.RefreshAsync();
        await refreshed.MustBeAsync(HttpStatusCode.OK);
        using var next = await UseAsync(browser.Cookie("auth_token")!, app);
        await next.MustBeAsync(HttpStatusCode.OK);
    }

    private async Task RefusedAsync(Action<ForgedToken> change, Func<ForgedToken, string>? write = null)
    {
        using var browser = await edge.RegisterAsync();
        var token = await ForgedToken.OfAsync(browser, edge.App);
        change(token);

        using var answer = await UseAsync(write is null ? token.Sign() : write(token));

        await answer.MustBeProblemAsync(HttpStatusCode.Unauthorized, "auth.token_invalid");
    }

    private async Task<HttpResponseMessage> UseAsync(string token, MusicGenApp? app = null)
    {
        using var script = (app ?? edge.App).NewBrowser();
        return await script.SendAsync(HttpMethod.Get, "/api/v1/quota", headers: [("Authorization", $"Bearer {token}")]);
    }

    private static byte[] Spki(ECParameters key)
    {
        using var pair = ECDsa.Create(key);
        return pair.ExportSubjectPublicKeyInfo();
    }

    private static string Pem(ECParameters key)
    {
        using var pair = ECDsa.Create(key);
        return pair.ExportSubjectPublicKeyInfoPem();
    }
}
