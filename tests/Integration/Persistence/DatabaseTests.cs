using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using MusicGen.Application.Persistence;
using MusicGen.Domain.Generations;
using MusicGen.Domain.Identity;
using MusicGen.Infrastructure.Persistence;

namespace MusicGen.Integration.Persistence;

public sealed class DatabaseTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private static readonly DateTimeOffset Now = new(2026, 5, 1, 12, 0, 0, 123, TimeSpan.Zero);

    [Theory, MemberData(nameof(TestDatabase.Kinds), MemberType = typeof(TestDatabase))]
    public async Task A_task_comes_back_as_it_was_saved(DatabaseKind kind)
    {
        await using var database = await TestDatabase.CreateAsync(kind);
        var user = await AddUserAsync(database);
        var task = NewTask(user, Now.ToOffset(TimeSpan.FromHours(5)));
        task.Start(7, Now);
        task.Complete(7, 10.5, 44100, 2, 12, ["calm", "piano"], 3, Now);
        await SaveAsync(database, task);

        var found = await database.InAsync(db => db.Generations.AsNoTracking().SingleAsync(g => g.Id == task.Id, Ct));

        Assert.Equal((Now, TimeSpan.Zero), (found.CreatedAt, found.CreatedAt.Offset));
        Assert.Equal(["calm", "piano"], found.Understood);
        Assert.Equal(("D minor", 72.5), (found.Parameters.Key, found.Parameters.Tempo));
        Assert.Equal(["harp", "pads"], found.Parameters.Instruments);
        Assert.Equal((GenerationStatus.Completed, 7L, 2), (found.Status, found.Lease, found.Version));
        Assert.Equal(new EngineRelease("embedded-composer", 3), found.Engine);
    }

    [Theory, MemberData(nameof(TestDatabase.Kinds), MemberType = typeof(TestDatabase))]
    public async Task Moments_sort_as_moments(DatabaseKind kind)
    {
        await using var database = await TestDatabase.CreateAsync(kind);
        var user = await AddUserAsync(database);
        foreach (var minutes in new[] { 2, 0, 1 })
            await SaveAsync(database, NewTask(user, Now.AddMinutes(minutes).ToOffset(TimeSpan.FromHours(minutes))));

        var moments = await database.InAsync(db => db.Generations.OrderByDescending(g => g.CreatedAt).Select(g => g.CreatedAt).ToListAsync(Ct));

        Assert.Equal([Now.AddMinutes(2), Now.AddMinutes(1), Now], moments);
    }

    [Theory, MemberData(nameof(TestDatabase.Kinds), MemberType = typeof(TestDatabase))]
    public async Task A_unique_value_that_is_taken_is_told_apart_from_other_failures(DatabaseKind kind)
    {
        await using var database = await TestDatabase.CreateAsync(kind);
        var user = await AddUserAsync(database);

        await Assert.ThrowsAsync<UniqueValueTakenException>(() => SaveAsync(database, NewUser("ADA@example.org", "another")));
        await Assert.ThrowsAsync<UniqueValueTakenException>(() => SaveAsync(database, NewUser("eve@example.org", "Ada_L")));
        await Assert.ThrowsAsync<DbUpdateException>(() => SaveAsync(database, NewTask(NewUser("eve@example.org", "eve"), Now))); // no such owner
        await SaveAsync(database, NewTask(user, Now, key: "once"));
        await Assert.ThrowsAsync<UniqueValueTakenException>(() => SaveAsync(database, NewTask(user, Now, key: "once")));
        await SaveAsync(database, NewTask(user, Now, key: "ONCE"));
        await SaveAsync(database, NewTask(user, Now));
        await SaveAsync(database, NewTask(user, Now));
    }

    // As a try finds it whose forerunner's answer was lost, and as a worker may have changed it since.
    [Theory, MemberData(nameof(TestDatabase.Kinds), MemberType = typeof(TestDatabase))]
    public async Task A_row_that_stands_already_under_the_id_that_was_drawn_for_it_is_saved(DatabaseKind kind)
    {
        await using var database = await TestDatabase.CreateAsync(kind);
        var (user, task) = (NewUser("ada@example.org", "ada_l"), default(Generation)!);
        await SaveAsync(database, user);
        task = NewTask(user, Now, key: "once");
        await SaveAsync(database, task);
        await database.InAsync(async db =>
        {
            (await db.Generations.SingleAsync(Ct)).Start(1, Now);
            return await db.SaveChangesAsync(Ct);
        });

        await SaveAsync(database, user);
        await SaveAsync(database, task);

        Assert.Equal(GenerationStatus.Processing, await database.InAsync(db => db.Generations.Select(g => g.Status).SingleAsync(Ct)));
        await SaveAsync(database, new SpentLegacyToken("jti", Now));
        await Assert.ThrowsAsync<UniqueValueTakenException>(() => SaveAsync(database, new SpentLegacyToken("jti", Now))); // two who bring the same token
        var app = new AuthenticatorApp(user.Id, "seed", Now);
        await SaveAsync(database, app);
        await Assert.ThrowsAsync<UniqueValueTakenException>(() => SaveAsync(database, new AuthenticatorApp(user.Id, "another", Now)));
    }

    [Fact]
    public async Task Ids_are_drawn_for_every_row_but_those_that_are_counted_or_anothers()
    {
        await using var database = await TestDatabase.CreateAsync(DatabaseKind.Sqlite);

        var others = await database.InAsync(db => Task.FromResult(db.Model.GetEntityTypes().Where(t => !MusicGenDbContext.HasDrawnId(t)).Select(t => t.ClrType.Name).Order(StringComparer.Ordinal).ToList()));

        Assert.Equal(["AdminRoster", "AuditCheckpoint", "AuditEntry", "AuthenticatorApp", "SigningKey", "SpentLegacyToken"], others);
    }

    [Theory, MemberData(nameof(TestDatabase.Kinds), MemberType = typeof(TestDatabase))]
    public async Task Of_two_writers_the_one_who_read_the_older_row_loses(DatabaseKind kind)
    {
        await using var database = await TestDatabase.CreateAsync(kind);
        var task = NewTask(await AddUserAsync(database), Now);
        await SaveAsync(database, task);

        await database.InAsync(async first =>
        {
            var slow = await first.Generations.SingleAsync(Ct);
            await database.InAsync(async second =>
            {
                (await second.Generations.SingleAsync(Ct)).Cancel(0, 0, Now);
                return await second.SaveChangesAsync(Ct);
            });
            slow.Start(1, Now);
            return await Assert.ThrowsAsync<DbUpdateConcurrencyException>(() => first.SaveChangesAsync(Ct));
        });
    }

    [Fact]
    public async Task Nodes_that_start_at_once_and_a_node_that_died_while_migrating_do_no_harm()
    {
        await using var database = TestDatabase.OnDisk();
        await database.Node().GetRequiredService<DatabaseInitializer>().MigrateAsync(Ct);
        await database.InAsync(db => db.Database.ExecuteSqlRawAsync("INSERT INTO \"__EFMigrationsLock\" VALUES (1, '2026-05-01')", Ct));
        await database.InAsync(db => db.Database.ExecuteSqlRawAsync("DELETE FROM \"__EFMigrationsHistory\" WHERE \"MigrationId\" LIKE '%_Proofs'; DROP TABLE \"AdminRoster\"; ALTER TABLE \"AuditEntries\" DROP COLUMN \"Proof\"; ALTER TABLE \"Passkeys\" DROP COLUMN \"Seal\"; ALTER TABLE \"PersonalAccessTokens\" DROP COLUMN \"RemindedOfDays\"", Ct));

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => database.Node().GetRequiredService<DatabaseInitializer>().MigrateAsync(Ct)))
            .WaitAsync(TimeSpan.FromSeconds(30), Ct);

        Assert.Empty(await database.InAsync(db => db.Database.GetPendingMigrationsAsync(Ct)));
        Assert.Equal("wal", await database.InAsync(db => db.Database.SqlQueryRaw<string>("SELECT journal_mode AS Value FROM pragma_journal_mode").SingleAsync(Ct)));
        Assert.Equal(1, await database.InAsync(db => db.Database.SqlQueryRaw<int>("SELECT foreign_keys AS Value FROM pragma_foreign_keys").SingleAsync(Ct)));
        Assert.Equal(5_000, await database.InAsync(db => db.Database.SqlQueryRaw<int>("SELECT timeout AS Value FROM pragma_busy_timeout").SingleAsync(Ct)));
    }

    private static User NewUser(string email, string username) => new(UserId.New(Now), Email.Normalise(email), username, "hash", Now);

    private static Generation NewTask(User user, DateTimeOffset at, string? key = null)
    {
        var id = GenerationId.New(at);
        var task = new Generation(
            id, user.Id, Tier.Free, "calm piano", 10.5, 42, "embedded-composer", "embedded-composer", neural: false,
            new GenerationParameters { Key = "D minor", Tempo = 72.5, Instruments = ["harp", "pads"] }, id.ToString(), at);
        if (key is not null)
            task.NameRequest(key, "hash");
        return task;
    }

    private static async Task<User> AddUserAsync(TestDatabase database)
    {
        var user = NewUser("ada@example.org", "ada_l");
        await SaveAsync(database, user);
        return user;
    }

    private static Task<int> SaveAsync(TestDatabase database, object entity) => database.InAsync(db =>
    {
        db.Add(entity);
        return db.SaveChangesAsync(Ct);
    });
}
