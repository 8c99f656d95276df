using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Time.Testing;
using MusicGen.Domain.Auditing;
using MusicGen.Infrastructure.Auditing;
using MusicGen.Infrastructure.Redis;
using MusicGen.Integration.Persistence;
using MusicGen.Integration.Support;
using StackExchange.Redis.KeyspaceIsolation;

namespace MusicGen.Integration.Auditing;

/// <summary>What only a signature outside the table can find: an end that was cut off, and another one in its place.</summary>
public sealed class SignedHeadTests(RedisServers servers)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_end_that_was_cut_off_is_found_and_named()
    {
        await using var database = await TestDatabase.CreateAsync(DatabaseKind.Sqlite);
        await using var trail = await WrittenAsync(database, 10);

        await trail.SqlAsync("DELETE FROM AuditEntries WHERE Sequence > 7");

        var verification = await trail.VerifyAsync(Ct);
        Assert.Equal((7, 8L), (verification.Entries, verification.Broken!.Value));
        Assert.Contains("Entry 8 is missing", verification.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_number_that_was_seen_is_never_given_out_again_so_the_gap_stays()
    {
        await using var database = await TestDatabase.CreateAsync(DatabaseKind.Sqlite);
        var folder = Directory.CreateTempSubdirectory("musicgen-trail-").FullName;
        await using (var before = await WrittenAsync(database, 10, folder))
            await before.SqlAsync("DELETE FROM AuditEntries WHERE Sequence > 7");

        await using var after = await TrailNode.OpenAsync(database, folder);
        await after.AppendAsync(20); // the service goes on as if nothing had happened, far beyond the old end
        await after.SettleAsync();

        Assert.Equal((7, 8L), await after.VerdictAsync());
    }

    [Fact]
    public async Task Another_end_chained_as_it_should_be_is_found_and_named()
    {
        await using var database = await TestDatabase.CreateAsync(DatabaseKind.Sqlite);
        var folder = Directory.CreateTempSubdirectory("musicgen-trail-").FullName;
        await using (var before = await WrittenAsync(database, 10, folder))
            await ForgeAsync(database, from: 8, to: 10);

        await using var after = await TrailNode.OpenAsync(database, folder);
        var found = await after.VerifyAsync(Ct);
        await after.AppendAsync(5);
        await after.SettleAsync();

        Assert.Equal(10, found.Broken);
        Assert.Contains("vouches for", found.Problem, StringComparison.Ordinal);
        Assert.Equal(10, (await after.VerifyAsync(Ct)).Broken); // the head wasn't carried over what it doesn't know
    }

    [Fact]
    public async Task A_rewritten_middle_is_found_by_the_checkpoint_in_it()
    {
        await using var database = await TestDatabase.CreateAsync(DatabaseKind.Sqlite);
        await using var trail = await WrittenAsync(database, 25, checkpointEvery: 10);

        await ForgeAsync(database, from: 15, to: 25);
        File.Delete(trail.HeadFile); // even where the head is gone too

        Assert.Equal((19, 20L), await trail.VerdictAsync());
    }

    [Fact]
    public async Task Everything_deleted_is_found()
    {
        await using var database = await TestDatabase.CreateAsync(DatabaseKind.Sqlite);
        await using var trail = await WrittenAsync(database, 4);

        await trail.SqlAsync("DELETE FROM AuditEntries");

        Assert.Equal((0, 1L), await trail.VerdictAsync());
    }

    [Theory]
    [InlineData("UPDATE AuditCheckpoints SET Hash = 'ffff' WHERE Sequence = 10")]
    [InlineData("UPDATE AuditCheckpoints SET Signature = 'k1.forged' WHERE Sequence = 10")]
    public async Task A_forged_checkpoint_is_found(string tampering)
    {
        await using var database = await TestDatabase.CreateAsync(DatabaseKind.Sqlite);
        await using var trail = await WrittenAsync(database, 12, checkpointEvery: 10);

        await trail.SqlAsync(tampering);

        Assert.Equal((9, 10L), await trail.VerdictAsync());
    }

    [Fact]
    public async Task An_ordinary_checkpoint_is_no_beginning()
    {
        await using var database = await TestDatabase.CreateAsync(DatabaseKind.Sqlite);
        await using var trail = await WrittenAsync(database, 25, checkpointEvery: 10);

        await trail.SqlAsync("DELETE FROM AuditEntries WHERE Sequence <= 10");

        Assert.Equal((0, 1L), await trail.VerdictAsync());
    }

    [Fact]
    public async Task A_head_that_somebody_else_signed_is_a_problem()
    {
        await using var database = await TestDatabase.CreateAsync(DatabaseKind.Sqlite);
        await using var trail = await WrittenAsync(database, 3);

        await File.WriteAllTextAsync(trail.HeadFile, (await File.ReadAllTextAsync(trail.HeadFile, Ct)).Replace("\"Sequence\":3", "\"Sequence\":2", StringComparison.Ordinal), Ct);

        Assert.Contains("isn't signed with our key", (await trail.VerifyAsync(Ct)).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lost_head_is_a_problem_until_an_operator_vouches_for_the_trail()
    {
        await using var database = await TestDatabase.CreateAsync(DatabaseKind.Sqlite);
        var folder = Directory.CreateTempSubdirectory("musicgen-trail-").FullName;
        await using (var before = await WrittenAsync(database, 3, folder))
            File.Delete(before.HeadFile);

        await using var after = await TrailNode.OpenAsync(database, folder);
        var none = await after.VerifyAsync(Ct);
        await after.AppendAsync(1); // a new head begins here
        await after.SettleAsync();
        var late = await after.VerifyAsync(Ct);
        var adopted = await after.Trail.AdoptAsync(Ct);

        Assert.Contains("No signed head is left", none.Problem, StringComparison.Ordinal);
        Assert.Contains("begun anew at entry 4", late.Problem, StringComparison.Ordinal);
        Assert.Equal(4, adopted);
        Assert.Equal((4, null), await after.VerdictAsync());
    }

    [Fact]
    public async Task What_is_no_head_of_ours_is_not_written_over()
    {
        await using var database = await TestDatabase.CreateAsync(DatabaseKind.Sqlite);
        await using var trail = await TrailNode.OpenAsync(database);
        await File.WriteAllTextAsync(trail.HeadFile, "nonsense", Ct);

        await trail.AppendAsync(2);
        await trail.SettleAsync();

        Assert.Equal("nonsense", await File.ReadAllTextAsync(trail.HeadFile, Ct));
        Assert.Contains("isn't signed with our key", (await trail.VerifyAsync(Ct)).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_head_that_lags_behind_is_no_fault()
    {
        await using var database = await TestDatabase.CreateAsync(DatabaseKind.Sqlite);
        var folder = Directory.CreateTempSubdirectory("musicgen-trail-").FullName;
        await using var trail = await WrittenAsync(database, 3, folder);
        await using var elsewhere = await WrittenAsync(database, 4); // another node, which can't reach this one's file

        Assert.Equal((7, null), await trail.VerdictAsync());
    }

    [Fact]
    public async Task Retention_leaves_a_signed_beginning_and_the_rest_whole()
    {
        await using var database = await TestDatabase.CreateAsync(DatabaseKind.Sqlite);
        var clock = new FakeTimeProvider(DateTimeOffset.UtcNow.AddDays(-30));
        await using var trail = await TrailNode.OpenAsync(database, time: clock, checkpointEvery: 4);
        await trail.AppendAsync(10);
        clock.Advance(TimeSpan.FromDays(20));
        await trail.AppendAsync(5);
        await trail.SettleAsync();

        var trimmed = await trail.Trail.TrimAsync(clock.GetUtcNow().AddDays(-1), Ct);
        var again = await trail.Trail.TrimAsync(clock.GetUtcNow().AddDays(-1), Ct);

        Assert.Equal((1, 10), (trimmed!.First, trimmed.Last));
        Assert.Null(again);
        var verification = await trail.VerifyAsync(Ct);
        Assert.Equal((5, null, 11L), (verification.Entries, verification.Problem, verification.FirstEntry!.Value));
        await trail.SqlAsync("DELETE FROM AuditEntries WHERE Sequence = 11");
        Assert.Equal((0, 11L), await trail.VerdictAsync());
    }

    [Fact]
    public async Task The_latest_entry_always_stays()
    {
        await using var database = await TestDatabase.CreateAsync(DatabaseKind.Sqlite);
        await using var trail = await WrittenAsync(database, 3);

        Assert.Equal(2, (await trail.Trail.TrimAsync(DateTimeOffset.UtcNow.AddDays(1), Ct))!.Last);
        Assert.Equal((1, null), await trail.VerdictAsync());
    }

    [Fact]
    public async Task An_attempt_without_an_outcome_is_reported_once_it_is_old()
    {
        await using var database = await TestDatabase.CreateAsync(DatabaseKind.Sqlite);
        var clock = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var trail = await TrailNode.OpenAsync(database, time: clock);
        await trail.AppendAsync(1);
        await trail.AppendAsync(new AuditRecord(Guid.CreateVersion7(), "anonymous", "tests.probe", AuditOutcome.Attempted), Ct);

        var young = await trail.VerifyAsync(Ct);
        clock.Advance(TimeSpan.FromMinutes(16));
        var old = await trail.VerifyAsync(Ct);

        Assert.Null(young.MissingOutcomes);
        Assert.Equal((1, 2), (old.MissingOutcomes!.Count, old.MissingOutcomes.First));
        Assert.Null(old.Problem);
    }

    [Fact]
    public async Task A_new_secret_signs_everything_anew()
    {
        await using var database = await TestDatabase.CreateAsync(DatabaseKind.Sqlite);
        var folder = Directory.CreateTempSubdirectory("musicgen-trail-").FullName;
        await using (await WrittenAsync(database, 12, folder, checkpointEvery: 5))
        {
        }

        await using (var both = await TrailNode.OpenAsync(database, folder, secret: new TwoSecrets()))
            Assert.Equal(3, await both.ResealAsync()); // two checkpoints and the head
        await using var after = await TrailNode.OpenAsync(database, folder, secret: new TestAuthenticator(TwoSecrets.New));

        Assert.Equal((12, null), await after.VerdictAsync());
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task The_shared_head_only_moves_on_whoever_races(RedisKind kind)
    {
        var prefix = $"{Guid.CreateVersion7():N}:";
        var nodes = new List<RedisAuditWitness>();
        for (var i = 0; i < 4; i++)
            nodes.Add(new RedisAuditWitness((await servers.NodeAsync(kind)).GetDatabase().WithKeyPrefix(prefix), new RedisClock()));
        var seal = new AuditSeal(new TestAuthenticator());
        var won = 0;

        // Each tries to go from what it saw to a number of its own; whoever lost looks again.
        await Task.WhenAll(Enumerable.Range(1, 100).Select(async number =>
        {
            var node = nodes[number % nodes.Count];
            while (true)
            {
                var seen = await node.ReadAsync();
                if (seen?.Sequence >= number)
                    return;
                if (await node.TryReplaceAsync(seen?.Sequence ?? 0, seal.Head(number, "hash", 1, DateTimeOffset.UtcNow)))
                {
                    Interlocked.Increment(ref won);
                    return;
                }
            }
        }));

        Assert.Equal(100, (await nodes[0].ReadAsync())!.Sequence);
        Assert.InRange(won, 1, 100);
        Assert.False(await nodes[0].TryReplaceAsync(100, seal.Head(99, "hash", 1, DateTimeOffset.UtcNow)));
        Assert.False(await nodes[0].TryReplaceAsync(99, seal.Head(101, "hash", 1, DateTimeOffset.UtcNow)));
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task Redis_vouches_where_the_file_is_gone(RedisKind kind)
    {
        var redis = (await servers.NodeAsync(kind)).GetDatabase().WithKeyPrefix($"{Guid.CreateVersion7():N}:");
        await using var database = await TestDatabase.CreateAsync(DatabaseKind.Sqlite);
        await using var one = await TrailNode.OpenAsync(database, redis: redis);
        await using var two = await TrailNode.OpenAsync(database, redis: redis);
        await Task.WhenAll(one.AppendAsync(10), two.AppendAsync(10));
        await one.SettleAsync();
        await two.SettleAsync();

        File.Delete(one.HeadFile);
        await one.SqlAsync("DELETE FROM AuditEntries WHERE Sequence = 20");

        var verification = await one.VerifyAsync(Ct);
        Assert.Equal(20, verification.Broken);
        Assert.Contains("Redis", verification.Problem, StringComparison.Ordinal);
    }

    private static async Task<TrailNode> WrittenAsync(TestDatabase database, int count, string? folder = null, int checkpointEvery = 1000)
    {
        var trail = await TrailNode.OpenAsync(database, folder, checkpointEvery: checkpointEvery);
        await trail.AppendAsync(count);
        await trail.SettleAsync();
        return trail;
    }

    /// <summary>What somebody with the database but without the secret can do: other entries, chained as they should be.</summary>
    private static Task<int> ForgeAsync(TestDatabase database, long from, long to) => database.InAsync(async db =>
    {
        await db.AuditEntries.Where(e => e.Sequence >= from).ExecuteDeleteAsync(Ct);
        var previous = await db.AuditEntries.Where(e => e.Sequence == from - 1).Select(e => e.Hash).SingleAsync(Ct);
        for (var sequence = from; sequence <= to; sequence++)
        {
            var entry = new AuditEntry(new AuditRecord(Guid.CreateVersion7(), "anonymous", "tests.forged", AuditOutcome.Succeeded), sequence, previous, DateTimeOffset.UtcNow);
            db.AuditEntries.Add(entry);
            previous = entry.Hash;
        }

        return await db.SaveChangesAsync(Ct);
    });

    /// <summary>After a change of the secret: signs by the new one, reads both.</summary>
    private sealed class TwoSecrets : MusicGen.Application.Identity.IMessageAuthenticator
    {
        public const string New = "another secret of at least thirty-two characters";

        private readonly TestAuthenticator _old = new();
        private readonly TestAuthenticator _new = new(New);

        public string Sign(string purpose, string message) => _new.Sign(purpose, message);

        public bool Verify(string purpose, string message, string signature) =>
            _new.Verify(purpose, message, signature) || _old.Verify(purpose, message, signature);
    }
}
