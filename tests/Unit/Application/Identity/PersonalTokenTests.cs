using MusicGen.Application.Identity.ChangePassword;
using MusicGen.Application.Identity.CreatePersonalAccessToken;
using MusicGen.Application.Identity.DisableUser;
using MusicGen.Application.Identity.ListPersonalAccessTokens;
using MusicGen.Application.Identity.LogoutAll;
using MusicGen.Application.Identity.RevokePersonalAccessToken;
using MusicGen.Domain.Identity;
using MusicGen.Unit.Support;

namespace MusicGen.Unit.Application.Identity;

public sealed class PersonalTokenTests : IDisposable
{
    private readonly AccountHarness _accounts = new();
    private readonly User _ada;

    public PersonalTokenTests() => _ada = _accounts.SignIn(_accounts.AddUser());

    [Fact]
    public async Task The_value_is_shown_once_and_only_its_hash_is_kept()
    {
        var made = (await _accounts.SendAsync(Command(["read", "generate"], limit: 5))).Value;

        var kept = _accounts.FromDatabase(db => db.PersonalAccessTokens.Single());
        var value = PersonalTokenValue.Read(made.Value)!;
        Assert.Equal((_ada.Id, value.Hash), (kept.UserId, kept.TokenHash));
        Assert.Equal(_ada.Id, value.User);
        Assert.Equal(["generate", "read"], made.Token.Scopes);
        Assert.Equal((_accounts.Clock.GetUtcNow().AddDays(30), 5), (made.Token.ExpiresAt, made.Token.RateLimitMinute));
        Assert.DoesNotContain(made.Value, made.ToString(), StringComparison.Ordinal);
        Assert.Equal([made.Token], (await _accounts.SendAsync(new ListPersonalAccessTokensQuery())).Value.Items, Same);
    }

    [Fact]
    public async Task The_owner_is_told_and_the_trail_names_the_token_but_not_its_value()
    {
        var made = (await _accounts.SendAsync(Command())).Value;

        var (to, _, text) = Assert.Single(_accounts.Mailer.Sent);
        Assert.Equal(_ada.Email.Value, to);
        Assert.Contains("nightly backup", text, StringComparison.Ordinal);
        Assert.DoesNotContain(made.Value, text, StringComparison.Ordinal);
        Assert.Equal(("identity.create_token", $"token:{made.Token.Id}"), (_accounts.Trail.Entries[^1].Action, _accounts.Trail.Entries[^1].Subject));
    }

    [Fact]
    public async Task A_name_is_text_in_the_mail_and_no_template()
    {
        const string Name = "{{7*7}} ${x} {0} <%= 1 %> #{1} @Model";

        await _accounts.SendAsync(Command() with { Name = Name });

        Assert.Contains(Name, Assert.Single(_accounts.Mailer.Sent).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_fresh_step_up_none_is_made()
    {
        _accounts.Clock.Advance(TimeSpan.FromMinutes(10));

        Assert.Equal("auth.step_up_required", await _accounts.RefusalAsync(Command()));
        Assert.Equal(0, _accounts.FromDatabase(db => db.PersonalAccessTokens.Count()));
    }

    [Fact]
    public async Task Only_an_administrator_makes_one_for_administrators()
    {
        Assert.Equal("auth.forbidden", await _accounts.RefusalAsync(Command(["read", "admin"])));

        _accounts.Caller.Role = Role.Admin;

        Assert.Equal(["read", "admin"], (await _accounts.SendAsync(Command(["admin", "read"]))).Value.Token.Scopes);
    }

    [Fact]
    public async Task The_fifty_first_living_one_is_refused_and_dead_ones_take_no_place()
    {
        foreach (var _ in Enumerable.Range(0, 49))
            await _accounts.SendAsync(Command());
        Assert.True((await _accounts.SendAsync(Command(days: 1))).IsSuccess);

        Assert.Equal("token.limit", await _accounts.RefusalAsync(Command()));
        Assert.Equal(50, _accounts.FromDatabase(db => db.PersonalAccessTokens.Count()));

        _accounts.Clock.Advance(TimeSpan.FromDays(1));
        _accounts.Caller.SteppedUpAt = _accounts.Clock.GetUtcNow();
        Assert.True((await _accounts.SendAsync(Command())).IsSuccess);
    }

    public static TheoryData<string, string[], int, int?, string> Refused() => new()
    {
        { "", ["read"], 30, null, "name" },
        { new string('n', 65), ["read"], 30, null, "name" },
        { "two\nlines", ["read"], 30, null, "name" },
        { "n", [], 30, null, "scopes" },
        { "n", ["write"], 30, null, "scopes" },
        { "n", ["Read"], 30, null, "scopes" },
        { "n", ["read", "read"], 30, null, "scopes" },
        { "n", ["read"], 0, null, "expires_in_days" },
        { "n", ["read"], 366, null, "expires_in_days" },
        { "n", ["read"], 30, 0, "rate_limit_minute" },
    };

    [Theory, MemberData(nameof(Refused))]
    public async Task What_is_out_of_bounds_is_refused_by_its_name(string name, string[] scopes, int days, int? limit, string field)
    {
        var result = await _accounts.SendAsync(new CreatePersonalAccessTokenCommand(name, scopes, days, limit));

        Assert.Equal("request.invalid", result.Error.Code);
        Assert.Equal([field], result.Error.Fields!.Keys);
    }

    [Fact]
    public async Task Ending_one_ends_it_for_the_gate_too_and_only_for_its_owner()
    {
        var made = (await _accounts.SendAsync(Command())).Value;
        _accounts.SignIn(_accounts.AddUser("eve@example.org", "eve_name"));
        Assert.Equal("token.not_found", await _accounts.RefusalAsync(new RevokePersonalAccessTokenCommand(made.Token.Id)));

        _accounts.Caller.Id = _ada.Id;
        Assert.True((await _accounts.SendAsync(new RevokePersonalAccessTokenCommand(made.Token.Id))).IsSuccess);

        Assert.Equal([PersonalTokenValue.Read(made.Value)!.Hash], _accounts.Tokens.Blacklisted);
        Assert.Equal(0, _accounts.FromDatabase(db => db.PersonalAccessTokens.Count()));
        Assert.Equal(("identity.revoke_token", $"token:{made.Token.Id}"), (_accounts.Trail.Entries[^1].Action, _accounts.Trail.Entries[^1].Subject));
        Assert.Equal("token.not_found", await _accounts.RefusalAsync(new RevokePersonalAccessTokenCommand(made.Token.Id)));
        Assert.Equal("token.not_found", await _accounts.RefusalAsync(new RevokePersonalAccessTokenCommand("no id at all")));
    }

    [Fact]
    public async Task A_new_password_and_a_shut_account_end_all_of_them_and_nobody_elses()
    {
        var eve = _accounts.SignIn(_accounts.AddUser("eve@example.org", "eve_name"));
        await _accounts.SendAsync(Command());
        _accounts.SignIn(_ada);
        await _accounts.SendAsync(Command());
        await _accounts.SendAsync(Command());

        Assert.True((await _accounts.SendAsync(new ChangePasswordCommand(AccountHarness.Password, "another battery, another staple"))).IsSuccess);

        Assert.Equal([eve.Id], _accounts.FromDatabase(db => db.PersonalAccessTokens.Select(t => t.UserId).ToList()));
        Assert.Equal(2, _accounts.Tokens.Blacklisted.Count);

        Assert.True((await _accounts.SendAsync(new DisableUserCommand(eve.Id.ToString()))).IsSuccess);
        Assert.Equal(0, _accounts.FromDatabase(db => db.PersonalAccessTokens.Count()));
    }

    // The change wrote its new password before it looked for tokens to end, and so missed the one that comes now.
    [Fact]
    public async Task One_that_is_made_while_the_password_changes_is_ended_by_its_maker()
    {
        _accounts.AfterSaving(() => _accounts.InDatabase(db =>
        {
            db.Users.Single(u => u.Id == _ada.Id).ChangePassword("new", _accounts.Clock.GetUtcNow().AddSeconds(1));
            db.SaveChanges();
        }));

        Assert.Equal("auth.token_invalid", await _accounts.RefusalAsync(Command()));
        Assert.Equal(0, _accounts.FromDatabase(db => db.PersonalAccessTokens.Count()));
        Assert.Empty(_accounts.Mailer.Sent);
    }

    [Fact]
    public async Task Logging_out_everywhere_names_the_living_ones_and_ends_them_where_asked()
    {
        var made = (await _accounts.SendAsync(Command())).Value;

        var named = (await _accounts.SendAsync(new LogoutAllCommand(KeepCurrent: true))).Value;
        Assert.Equal([made.Token], named.PersonalTokens, Same);

        var ended = (await _accounts.SendAsync(new LogoutAllCommand(KeepCurrent: true, EndTokens: true))).Value;
        Assert.Empty(ended.PersonalTokens);
        Assert.Equal(0, _accounts.FromDatabase(db => db.PersonalAccessTokens.Count()));
    }

    public void Dispose() => _accounts.Dispose();

    private static bool Same(MusicGen.Application.Identity.PersonalTokenView one, MusicGen.Application.Identity.PersonalTokenView other) =>
        one with { Scopes = [] } == other with { Scopes = [] } && one.Scopes.SequenceEqual(other.Scopes);

    private static CreatePersonalAccessTokenCommand Command(string[]? scopes = null, int days = 30, int? limit = null) =>
        new("nightly backup", scopes ?? ["read"], days, limit);
}
