using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using MusicGen.Application.Sessions;
using MusicGen.Domain.Identity;
using MusicGen.Domain.Sessions;
using MusicGen.Infrastructure.Identity;
using MusicGen.Integration.Persistence;

namespace MusicGen.Integration.Identity;

public sealed class SigningKeyRingTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private const string Secret = "a secret of at least thirty-two characters";
    private const string Another = "another one of at least thirty-two characters";

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 5, 1, 12, 0, 0, TimeSpan.Zero));

    [Theory, MemberData(nameof(TestDatabase.Kinds), MemberType = typeof(TestDatabase))]
    public async Task Nodes_that_start_at_once_agree_on_one_first_key(DatabaseKind kind)
    {
        await using var database = await TestDatabase.CreateAsync(kind);
        var nodes = Enumerable.Range(0, 6).Select(_ => Node(database)).ToList();

        await Task.WhenAll(nodes.Select(n => n.Ring.OpenAsync(Ct)));

        var kids = await Task.WhenAll(nodes.Select(async n => (await n.Ring.SignerAsync(Ct)).Kid));
        Assert.Single(kids.Distinct());
        Assert.Single(await nodes[0].Ring.ListAsync(Ct));
    }

    [Fact]
    public async Task A_token_holds_on_every_node_and_says_whose_it_is()
    {
        await using var database = await TestDatabase.CreateAsync(DatabaseKind.Sqlite);
        var (one, two) = (Node(database), Node(database));

        var (user, session, token) = await one.IssueAsync();

        var claims = await two.Validation.ReadAsync(token.Value);
        Assert.Equal(new AccessTokenClaims(user.Id, session, token.Jti, 3, token.ExpiresAt), claims);
        Assert.Equal(_clock.GetUtcNow() + TimeSpan.FromMinutes(15), token.ExpiresAt);
    }

    [Fact]
    public async Task Rotation_leaves_no_gap_and_retires_the_old_key_after_its_last_token()
    {
        await using var database = await TestDatabase.CreateAsync(DatabaseKind.Sqlite);
        var (one, two) = (Node(database), Node(database));
        var before = await one.IssueAsync(remembered: true);
        await two.Ring.OpenAsync(Ct);

        var rotated = await one.Ring.RotateAsync(Ct);
        Assert.Equal("announced", rotated.State);

        // For two hours, a token a minute from a node that looks again every minute; each must hold on both till its end.
        var issued = new List<(string Value, DateTimeOffset End)> { (before.Token.Value, before.Token.ExpiresAt) };
        for (var minute = 0; minute < 120; minute++)
        {
            issued.Add(await IssueAsync(two));
            foreach (var (value, _) in issued.Where(t => t.End > _clock.GetUtcNow()))
            {
                Assert.NotNull(await one.Validation.ReadAsync(value));
                Assert.NotNull(await two.Validation.ReadAsync(value));
            }

            _clock.Advance(TimeSpan.FromMinutes(1));
            await two.Ring.RefreshAsync(Ct);
        }

        Assert.Equal(rotated.Kid, (await two.Ring.SignerAsync(Ct)).Kid);
        Assert.Equal(["active", "retired"], (await one.Ring.ListAsync(Ct)).Select(k => k.State));
        Assert.Equal([rotated.Kid], await KidsAsync(one));

        static async Task<(string, DateTimeOffset)> IssueAsync(RingNode node)
        {
            var (_, _, token) = await node.IssueAsync();
            return (token.Value, token.ExpiresAt);
        }
    }

    [Fact]
    public async Task Rotations_one_into_the_other_fail_no_token_while_both_nodes_sign_and_look_at_moments_of_their_own()
    {
        await using var database = await TestDatabase.CreateAsync(DatabaseKind.Sqlite);
        RingNode[] nodes = [Node(database), Node(database)];
        await nodes[0].Ring.OpenAsync(Ct);
        await nodes[1].Ring.OpenAsync(Ct);

        var issued = new List<string>();
        var signers = new HashSet<string>(StringComparer.Ordinal);
        for (var second = 0; second < 240; second++)
        {
            if (second is 10 or 30 or 31)
                await nodes[second % 2].Ring.RotateAsync(Ct);
            if (second % 5 == 0)
                await nodes[0].Ring.RefreshAsync(Ct);
            if (second % 5 == 4)
                await nodes[1].Ring.RefreshAsync(Ct);

            // Each second a token of each node, which the other must take at once, and one of before.
            foreach (var (one, other) in new[] { (nodes[0], nodes[1]), (nodes[1], nodes[0]) })
            {
                var (_, _, token) = await one.IssueAsync();
                issued.Add(token.Value);
                signers.Add((await one.Ring.SignerAsync(Ct)).Kid);
                Assert.NotNull(await other.Validation.ReadAsync(token.Value));
                Assert.NotNull(await other.Validation.ReadAsync(issued[issued.Count / 2]));
            }

            _clock.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(4, signers.Count);
        foreach (var token in issued)
        {
            Assert.NotNull(await nodes[0].Validation.ReadAsync(token));
            Assert.NotNull(await nodes[1].Validation.ReadAsync(token));
        }
    }

    [Fact]
    public async Task An_announced_key_stands_in_the_jwks_and_no_private_half_ever()
    {
        await using var database = await TestDatabase.CreateAsync(DatabaseKind.Sqlite);
        var node = Node(database);
        await node.Ring.OpenAsync(Ct);
        var rotated = await node.Ring.RotateAsync(Ct);

        var jwks = await node.Ring.PublicJwksAsync(Ct);

        Assert.Contains(rotated.Kid, await KidsAsync(node));
        Assert.Equal(2, JsonDocument.Parse(jwks).RootElement.GetProperty("keys").GetArrayLength());
        Assert.All(JsonDocument.Parse(jwks).RootElement.GetProperty("keys").EnumerateArray(), key =>
        {
            Assert.False(key.TryGetProperty("d", out _));
            Assert.Equal(("EC", "ES256", "P-256"), (key.GetProperty("kty").GetString(), key.GetProperty("alg").GetString(), key.GetProperty("crv").GetString()));
        });
    }

    [Fact]
    public async Task A_revoked_keys_tokens_are_dead_and_another_signs_at_once()
    {
        await using var database = await TestDatabase.CreateAsync(DatabaseKind.Sqlite);
        var (one, two) = (Node(database), Node(database));
        var (_, _, token) = await one.IssueAsync();
        await two.Ring.OpenAsync(Ct);
        var kid = (await one.Ring.SignerAsync(Ct)).Kid;

        Assert.False(await one.Ring.RevokeAsync("no-such-key", Ct));
        Assert.True(await one.Ring.RevokeAsync(kid, Ct));

        Assert.Null(await one.Validation.ReadAsync(token.Value));
        var (_, _, next) = await one.IssueAsync();
        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.NotNull(await two.Validation.ReadAsync(next.Value)); // an unknown key makes the other node look again,
        Assert.Null(await two.Validation.ReadAsync(token.Value)); // and so it learns of the revocation too
        Assert.False(await one.Ring.RevokeAsync(kid, Ct));
    }

    [Fact]
    public async Task A_secret_that_opens_nothing_stops_the_start_with_one_line_of_advice()
    {
        await using var database = await TestDatabase.CreateAsync(DatabaseKind.Sqlite);
        await Node(database).Ring.OpenAsync(Ct);

        var refusal = await Assert.ThrowsAsync<SigningKeysSealedException>(() => Node(database, Another).Ring.OpenAsync(Ct));

        Assert.Contains("JWT_SECRET_KEY_PREVIOUS", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("\n", refusal.Message, StringComparison.Ordinal);
        await Node(database, Another).Ring.RotateAsync(Ct);
        await Node(database, Another).Ring.OpenAsync(Ct);
    }

    [Fact]
    public async Task Resealing_lets_the_previous_secret_go_and_tokens_stay()
    {
        await using var database = await TestDatabase.CreateAsync(DatabaseKind.Sqlite);
        var (_, _, token) = await Node(database).IssueAsync();

        var between = Node(database, Another, Secret);
        await between.Ring.OpenAsync(Ct);
        Assert.Equal(1, await between.Ring.ResealAsync(Ct));
        Assert.Equal(0, await between.Ring.ResealAsync(Ct));

        var after = Node(database, Another);
        await after.Ring.OpenAsync(Ct);
        Assert.NotNull(await after.Validation.ReadAsync(token.Value));
    }

    [Fact]
    public async Task A_token_that_is_over_holds_for_logout_alone_and_a_changed_one_for_nothing()
    {
        await using var database = await TestDatabase.CreateAsync(DatabaseKind.Sqlite);
        var node = Node(database);
        var (user, _, token) = await node.IssueAsync();
        var parts = token.Value.Split('.');
        var unsigned = $"{Microsoft.IdentityModel.Tokens.Base64UrlEncoder.Encode("{\"alg\":\"none\",\"typ\":\"JWT\"}")}.{parts[1]}.";
        _clock.Advance(TimeSpan.FromMinutes(16));

        Assert.Null(await node.Validation.ReadAsync(token.Value));
        Assert.Equal(user.Id, (await node.Validation.ReadAsync(token.Value, expiredToo: true))!.User);
        Assert.Null(await node.Validation.ReadAsync($"{parts[0]}.{parts[1]}.{new string('A', parts[2].Length)}", expiredToo: true));
        Assert.Null(await node.Validation.ReadAsync(unsigned, expiredToo: true));
        Assert.Null(await node.Validation.ReadAsync("nonsense", expiredToo: true));
        Assert.Null(await node.Validation.ReadAsync(null));
    }

    private static async Task<List<string>> KidsAsync(RingNode node) =>
        [.. JsonDocument.Parse(await node.Ring.PublicJwksAsync(Ct)).RootElement.GetProperty("keys").EnumerateArray().Select(k => k.GetProperty("kid").GetString()!)];

    private RingNode Node(TestDatabase database, string secret = Secret, string? previous = null) => new(database, _clock, secret, previous);

    private sealed class RingNode
    {
        private readonly JwtAccessTokenIssuer _issuer;

        public RingNode(TestDatabase database, TimeProvider clock, string secret, string? previous)
        {
            var options = Options.Create(new JwtOptions { SecretKey = secret, PreviousSecretKey = previous });
            Ring = new SigningKeyRing(database.Node().GetRequiredService<IServiceScopeFactory>(), new SecretKeys(options), options, clock);
            Validation = new AccessTokenValidation(Ring, options, clock);
            _issuer = new JwtAccessTokenIssuer(Ring, options, clock);
        }

        public SigningKeyRing Ring { get; }

        public AccessTokenValidation Validation { get; }

        public async Task<(User User, SessionId Session, AccessToken Token)> IssueAsync(bool remembered = false)
        {
            var now = DateTimeOffset.UtcNow;
            var user = new User(UserId.New(now), Email.Normalise("ada@example.org"), "ada_l", "hash", now);
            var session = SessionId.New();
            return (user, session, await _issuer.IssueAsync(user, session, 3, remembered, Ct));
        }
    }
}
