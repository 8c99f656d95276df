using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Identity.Migrate;
using MusicGen.Domain;
using MusicGen.Domain.Auditing;
using MusicGen.Domain.Identity;
using MusicGen.Domain.Sessions;
using MusicGen.Tests.Support;
using MusicGen.Unit.Support;

namespace MusicGen.Unit.Application.Identity;

public sealed class MigrateTests : IDisposable
{
    private const string Ada = "ada@example.org";

    private readonly AccountHarness _accounts = new();
    private readonly LegacyTokenMaker _original;
    private readonly User _ada;

    public MigrateTests()
    {
        _original = new LegacyTokenMaker(LegacyTokenMaker.Secret, _accounts.Clock.GetUtcNow());
        _ada = _accounts.AddUser();
    }

    [Fact]
    public async Task A_pair_with_float_times_and_an_expired_access_token_opens_a_session_of_the_account()
    {
        var result = await SendAsync(_original.Access(" Ada@Example.org"), _original.Refresh());

        var user = result.Value.Answer.SignedIn!.User;
        Assert.Equal((_ada.Id.ToString(), "free"), (user.Id, user.Tier)); // the claims said admin and enterprise
        Assert.Equal(["user"], user.Roles);
        Assert.Null(result.Value.Answer.SignedIn.DeviceCookie);
        Assert.False(result.Value.Answer.SignedIn.Session.Remembered);
        var entry = _accounts.Trail.Entries[^1];
        Assert.Equal(("identity.migrate", "token_migration", AuditOutcome.Succeeded), (entry.Action, entry.Event, entry.Outcome));
        Assert.StartsWith("session:", entry.Subject, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(7, false)]
    [InlineData(30, true)]
    public async Task The_session_ends_with_the_refresh_token_and_is_remembered_as_that_was(int days, bool remembered)
    {
        var refresh = _original.Refresh(days);

        var result = await SendAsync(_original.Access(Ada), refresh);

        Assert.Equal(remembered, result.Value.Answer.SignedIn!.Session.Remembered);
        Assert.Equal(refresh["exp"]!.GetValue<double>(), (_accounts.Sessions.LastOrigin!.LatestEnd!.Value - DateTimeOffset.UnixEpoch).TotalSeconds, 0.001);
    }

    [Fact]
    public async Task Each_refresh_token_works_once_with_whatever_access_token()
    {
        var refresh = _original.Refresh();
        Assert.True((await SendAsync(_original.Access(Ada), refresh)).IsSuccess);

        await MustBeRefusedAsync(_original.Access(Ada), refresh);
        Assert.Single(_accounts.Sessions.Open);
    }

    [Fact]
    public async Task Of_many_who_spend_one_token_at_once_one_wins()
    {
        var (access, refresh) = (_original.Sign(_original.Access(Ada)), _original.Sign(_original.Refresh()));

        var results = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => _accounts.SendAsync(new MigrateCommand(access, refresh))));

        Assert.Single(results, r => r.IsSuccess);
        Assert.All(results.Where(r => !r.IsSuccess), r => Assert.Equal("auth.token_invalid", r.Error.Code));
    }

    public static TheoryData<string, string, JsonNode?> BentClaims() => new()
    {
        { "access", "token_type", "refresh" },
        { "access", "token_type", null },
        { "access", "iss", "somebody-else" },
        { "access", "aud", "another-api" },
        { "access", "aud", null },
        { "access", "exp", null },
        { "access", "iat", null },
        { "access", "iat", 4102444800.5 },
        { "access", "iat", "1767225600" },
        { "access", "exp", 1e300 },
        { "access", "sub", "somebody else" },
        { "access", "is_verified", false },
        { "access", "is_verified", "true" },
        { "access", "is_verified", null },
        { "access", "email", null },
        { "access", "email", "" },
        { "access", "email", "nobody@example.org" },
        { "access", "jti", "not a uuid" },
        { "refresh", "token_type", "access" },
        { "refresh", "iss", "somebody-else" },
        { "refresh", "aud", "another-api" },
        { "refresh", "exp", null },
        { "refresh", "exp", 1777600000.25 },
        { "refresh", "iat", null },
        { "refresh", "iat", 4102444800 },
        { "refresh", "sub", null },
        { "refresh", "jti", null },
        { "refresh", "jti", "1" },
    };

    [Theory, MemberData(nameof(BentClaims))]
    public async Task A_claim_that_is_wrong_or_missing_refuses_the_pair(string which, string name, JsonNode? value)
    {
        var (access, refresh) = (_original.Access(Ada), _original.Refresh());
        var bent = which == "access" ? access : refresh;
        if (value is null)
            bent.Remove(name);
        else
            bent[name] = value.DeepClone();

        await MustBeRefusedAsync(access, refresh);
        Assert.Equal(0, _accounts.FromDatabase(db => db.SpentLegacyTokens.Count()));
    }

    [Fact]
    public async Task Neither_another_algorithm_nor_another_key_passes()
    {
        var (access, refresh) = (_original.Access(Ada), _original.Refresh());
        using var elliptic = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var forgeries = new[]
        {
            _original.Sign(access, "none"),
            _original.Sign(access, "none")[..^1],
            _original.Sign(access, "HS512"),
            new LegacyTokenMaker("another secret of at least thirty-two characters", DateTimeOffset.UnixEpoch).Sign(access),
            LegacyTokenMaker.Sign(access, "ES256", input => elliptic.SignData(input, HashAlgorithmName.SHA256)),
            LegacyTokenMaker.Sign(access, "ES256", input => HMACSHA256.HashData(Encoding.UTF8.GetBytes(LegacyTokenMaker.Secret), input)),
            _original.Sign(access) + "A",
            "nonsense", "a.b.c", "..",
        };

        foreach (var forged in forgeries)
            Assert.Equal("auth.token_invalid", await _accounts.RefusalAsync(new MigrateCommand(forged, _original.Sign(refresh))));
        Assert.True((await SendAsync(access, refresh)).IsSuccess); // the same pair, signed as it must be
    }

    [Fact]
    public async Task A_disabled_or_unverified_account_and_one_that_is_not_here_look_the_same()
    {
        var shut = _accounts.AddUser("shut@example.org", "shut_name");
        _accounts.InDatabase(db =>
        {
            db.Users.Single(u => u.Id == shut.Id).Disable();
            db.Users.Add(new User(UserId.New(DateTimeOffset.UnixEpoch), Email.Normalise("new@example.org"), "new_name", "hash", DateTimeOffset.UnixEpoch));
            db.SaveChanges();
        });

        foreach (var email in new[] { "shut@example.org", "new@example.org", "nobody@example.org" })
            await MustBeRefusedAsync(_original.Access(email), _original.Refresh());
    }

    [Theory]
    [InlineData(-30, true)]
    [InlineData(-90, false)]
    public async Task A_password_change_here_ends_the_older_tokens_of_the_original(int minutesAgo, bool refused)
    {
        _accounts.InDatabase(db =>
        {
            db.Users.Single(u => u.Id == _ada.Id).ChangePassword("hash", _accounts.Clock.GetUtcNow().AddMinutes(minutesAgo));
            db.Database.ExecuteSql($"UPDATE Users SET CreatedAt = {_accounts.Clock.GetUtcNow().AddDays(-1).UtcTicks}");
            db.SaveChanges();
        });

        await MustBeAsync(refused, _original.Access(Ada), _original.Refresh());
    }

    [Theory]
    [InlineData(-30, true)]
    [InlineData(-90, false)]
    public async Task Logging_out_everywhere_here_ends_the_older_tokens_of_the_original(int minutesAgo, bool refused)
    {
        var at = _accounts.Clock.GetUtcNow().AddMinutes(minutesAgo);
        _accounts.InDatabase(db =>
        {
            db.Revocations.Add(Revocation.OfUser(_ada.Id, except: null, at, at.AddDays(90)));
            db.Revocations.Add(Revocation.OfSession(_ada.Id, SessionId.New(), _accounts.Clock.GetUtcNow(), at.AddDays(90))); // one device's end is no reason
            db.SaveChanges();
        });

        await MustBeAsync(refused, _original.Access(Ada), _original.Refresh());
    }

    [Fact]
    public async Task When_its_day_has_come_nothing_is_read_any_more()
    {
        _accounts.Clock.Advance(TimeSpan.FromDays(40));
        var late = new LegacyTokenMaker(LegacyTokenMaker.Secret, _accounts.Clock.GetUtcNow());

        await MustBeRefusedAsync(late.Access(Ada), late.Refresh());
    }

    [Fact]
    public async Task Spent_tokens_are_forgotten_when_they_are_dead_of_themselves()
    {
        await SendAsync(_original.Access(Ada), _original.Refresh());
        _accounts.Clock.Advance(TimeSpan.FromDays(8));
        var later = new LegacyTokenMaker(LegacyTokenMaker.Secret, _accounts.Clock.GetUtcNow());

        await SendAsync(later.Access(Ada), later.Refresh());

        Assert.Equal(1, _accounts.FromDatabase(db => db.SpentLegacyTokens.Count()));
    }

    [Fact]
    public async Task A_second_factor_is_asked_for_and_the_pair_is_spent()
    {
        _accounts.InDatabase(db =>
        {
            var app = new AuthenticatorApp(_ada.Id, "sealed", _accounts.Clock.GetUtcNow());
            app.Confirm(_accounts.Clock.GetUtcNow());
            db.AuthenticatorApps.Add(app);
            db.SaveChanges();
        });
        var (access, refresh) = (_original.Access(Ada), _original.Refresh());

        var answer = (await SendAsync(access, refresh)).Value.Answer;

        Assert.Null(answer.SignedIn);
        Assert.Contains("totp", answer.SecondFactor!);
        Assert.Contains("LatestEnd\":\"2026", _accounts.Challenges.Kept.Values.Single(), StringComparison.Ordinal);
        Assert.Empty(_accounts.Sessions.Open);
        await MustBeRefusedAsync(access, refresh);
    }

    public void Dispose() => _accounts.Dispose();

    private Task<Result<Migrated>> SendAsync(JsonObject access, JsonObject refresh) =>
        _accounts.SendAsync(new MigrateCommand(_original.Sign(access), _original.Sign(refresh)));

    private async Task MustBeRefusedAsync(JsonObject access, JsonObject refresh) =>
        Assert.Equal("auth.token_invalid", await _accounts.RefusalAsync(new MigrateCommand(_original.Sign(access), _original.Sign(refresh))));

    private async Task MustBeAsync(bool refused, JsonObject access, JsonObject refresh)
    {
        if (refused)
            await MustBeRefusedAsync(access, refresh);
        else
            Assert.True((await SendAsync(access, refresh)).IsSuccess);
    }
}
