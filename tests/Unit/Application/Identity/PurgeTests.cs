using MusicGen.Application.Generations.PurgeMusic;
using MusicGen.Application.Identity.ListUsers;
using MusicGen.Application.Identity.PurgeExpired;
using MusicGen.Domain.Generations;
using MusicGen.Domain.Identity;
using MusicGen.Unit.Support;

namespace MusicGen.Unit.Application.Identity;

public sealed class PurgeTests
{
    [Fact]
    public async Task What_is_over_goes_and_what_lives_stays()
    {
        using var accounts = new AccountHarness();
        var user = accounts.AddUser();
        accounts.Exports.RevocationsExpired = 4;
        AddRows(accounts, user, "dead");
        accounts.Clock.Advance(TimeSpan.FromDays(31));
        AddRows(accounts, user, "live");
        var (left, living) = (Guid.CreateVersion7(), accounts.FromDatabase(db => db.DataExports.OrderByDescending(e => e.CreatedAt).First().Id));
        (accounts.Exports.Files[left], accounts.Exports.Files[living]) = ([], []);

        var purged = (await accounts.SendAsync(new PurgeExpiredCommand())).Value;
        var again = (await accounts.SendAsync(new PurgeExpiredCommand())).Value; // as another node does at the same time

        Assert.Equal(new PurgedAccounts(1, 1, 1, 1, 4, 2, 1), purged);
        Assert.Equal(new PurgedAccounts(0, 0, 0, 0, 4, 0, 0), again);
        Assert.Equal([living], accounts.Exports.Files.Keys);
        Assert.Equal(accounts.Clock.GetUtcNow().AddDays(-1), accounts.Exports.ListedBefore);
        Assert.Equal((1, 1, 1, 1, 2), accounts.FromDatabase(db => (
            db.Registrations.Count(), db.PasswordResets.Count(), db.SpentLegacyTokens.Count(), db.PersonalAccessTokens.Count(), db.DataExports.Count())));
    }

    [Fact]
    public async Task A_personal_token_that_has_ended_is_shown_for_a_month()
    {
        using var accounts = new AccountHarness();
        AddRows(accounts, accounts.AddUser(), "ended");
        accounts.Clock.Advance(TimeSpan.FromDays(30));

        Assert.Equal(0, (await accounts.SendAsync(new PurgeExpiredCommand())).Value.Tokens);
    }

    [Fact]
    public async Task Old_finished_tasks_go_with_their_sound_where_that_is_wanted_and_copies_always()
    {
        using var accounts = new AccountHarness();
        var user = accounts.AddUser();
        var (old, waiting) = (AddTask(accounts, user, finished: true), AddTask(accounts, user, finished: false));
        accounts.Clock.Advance(TimeSpan.FromDays(10));
        var young = AddTask(accounts, user, finished: true);
        var before = accounts.Clock.GetUtcNow().AddDays(-9);

        accounts.Music.Stored.UnionWith([old, young, GenerationId.New(accounts.Clock.GetUtcNow())]);

        Assert.Equal(new PurgedMusic(0, 0, 0, 3, 1, 0), (await accounts.SendAsync(new PurgeMusicCommand(null, before))).Value);
        Assert.Equal(new PurgedMusic(1, 2, 1000, 3, 2, 0), (await accounts.SendAsync(new PurgeMusicCommand(before, before))).Value);

        Assert.Equal([old], accounts.Music.Deleted);
        Assert.Equivalent(new[] { waiting, young }, accounts.FromDatabase(db => db.Generations.Select(g => g.Id).ToList()));
        Assert.Equal((before, accounts.Clock.GetUtcNow().AddDays(-1)), (accounts.Music.CopiesBefore, accounts.Music.LeftBefore));
    }

    [Theory]
    [InlineData("LIC", "alice")]
    [InlineData("b@", "bob")]
    [InlineData("_", "under_score")]
    [InlineData("%", null)]
    [InlineData("[a-z]", null)]
    [InlineData("\\", null)]
    [InlineData(" ", "alice,bob,under_score")]
    public async Task Users_are_found_by_a_part_of_name_or_address_that_is_no_pattern(string sought, string? found)
    {
        using var accounts = new AccountHarness();
        foreach (var name in new[] { "Alice", "bob", "under_score" })
            accounts.AddUser($"{name.Replace("_", "-", StringComparison.Ordinal)}@example.org", name);

        var page = (await accounts.SendAsync(new ListUsersQuery(Q: sought))).Value;

        Assert.Equal(found?.Split(',') ?? [], page.Items.Select(u => u.Username.ToLowerInvariant()));
    }

    private static GenerationId AddTask(AccountHarness accounts, User owner, bool finished)
    {
        var now = accounts.Clock.GetUtcNow();
        var id = GenerationId.New(now);
        var task = new Generation(
            id, owner.Id, Tier.Free, "calm piano", 10, 42, "composer", "embedded-composer", neural: false, new GenerationParameters(), id.ToString(), now);
        if (finished)
        {
            task.Start(1, now);
            task.Complete(1, 10, 44100, 2, 100, [], null, now);
        }

        accounts.InDatabase(db =>
        {
            db.Generations.Add(task);
            db.SaveChanges();
        });
        return id;
    }

    private static void AddRows(AccountHarness accounts, User user, string name) => accounts.InDatabase(db =>
    {
        var now = accounts.Clock.GetUtcNow();
        var (complete, failed) = (new DataExport(Guid.CreateVersion7(now), user.Id, now), new DataExport(Guid.CreateVersion7(now), user.Id, now));
        complete.Complete(1, "hash", now, accounts.Exports.Kept);
        failed.Fail(DataExport.Broken, now);
        db.DataExports.AddRange(complete, failed);
        db.Registrations.Add(new Registration(Guid.CreateVersion7(now), Email.Normalise($"{name}@example.org"), name, "hash", name, now));
        db.PasswordResets.Add(new PasswordReset(Guid.CreateVersion7(now), user.Id, name, now));
        db.SpentLegacyTokens.Add(new SpentLegacyToken(name, now.AddHours(1)));
        db.PersonalAccessTokens.Add(new PersonalAccessToken(Guid.CreateVersion7(now), user.Id, name, name, TokenScopes.Read, null, now, now.AddHours(1)));
        db.SaveChanges();
    });
}
