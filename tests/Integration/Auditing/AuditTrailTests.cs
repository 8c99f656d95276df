using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using MusicGen.Domain.Auditing;
using MusicGen.Infrastructure.Auditing;
using MusicGen.Integration.Persistence;
using MusicGen.Integration.Support;
using MusicGen.Tests.Support;

namespace MusicGen.Integration.Auditing;

public sealed class AuditTrailTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory, MemberData(nameof(TestDatabase.Kinds), MemberType = typeof(TestDatabase))]
    public async Task Entries_of_several_nodes_at_once_are_all_there_without_a_gap(DatabaseKind kind)
    {
        await using var database = await TestDatabase.CreateAsync(kind);
        await using var one = await TrailNode.OpenAsync(database);
        await using var two = await TrailNode.OpenAsync(database);

        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => (i % 2 == 0 ? one : two).AppendAsync(Record($"subject:{i}"), Ct)));

        Assert.Equal((200, null), await one.VerdictAsync());
        Assert.Equal(200, await database.InAsync(db => db.AuditEntries.Select(e => e.Subject).Distinct().CountAsync(Ct)));
    }

    [Theory]
    [InlineData("UPDATE AuditEntries SET Actor = 'somebody else' WHERE Sequence = 3", 3, "changed")]
    [InlineData("DELETE FROM AuditEntries WHERE Sequence = 4", 4, "missing")]
    [InlineData("UPDATE AuditEntries SET Sequence = 99 WHERE Sequence = 2; UPDATE AuditEntries SET Sequence = 2 WHERE Sequence = 3; UPDATE AuditEntries SET Sequence = 3 WHERE Sequence = 99", 2, "changed")]
    [InlineData("UPDATE AuditEntries SET PreviousHash = (SELECT Hash FROM AuditEntries WHERE Sequence = 1) WHERE Sequence = 5", 5, "changed")]
    public async Task An_edit_a_deletion_and_a_new_order_are_found_and_named(string tampering, long broken, string problem)
    {
        await using var database = await TestDatabase.CreateAsync(DatabaseKind.Sqlite);
        await using var trail = await TrailNode.OpenAsync(database);
        for (var i = 0; i < 6; i++)
            await trail.AppendAsync(Record($"subject:{i}"), Ct);

        await database.InAsync(db => db.Database.ExecuteSqlRawAsync(tampering, Ct));

        var verification = await trail.VerifyAsync(Ct);
        Assert.Equal(broken, verification.Broken);
        Assert.Contains(problem, verification.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_entry_with_a_hash_of_its_own_making_does_not_follow_the_one_before()
    {
        await using var database = await TestDatabase.CreateAsync(DatabaseKind.Sqlite);
        await using var trail = await TrailNode.OpenAsync(database);
        for (var i = 0; i < 3; i++)
            await trail.AppendAsync(Record($"subject:{i}"), Ct);

        await database.InAsync(async db =>
        {
            await db.AuditEntries.Where(e => e.Sequence == 2).ExecuteDeleteAsync(Ct);
            db.AuditEntries.Add(new AuditEntry(Record("subject:forged"), 2, new string('0', 64), DateTimeOffset.UtcNow));
            return await db.SaveChangesAsync(Ct);
        });

        var verification = await trail.VerifyAsync(Ct);
        Assert.Equal((1L, 2L), (verification.Entries, verification.Broken!.Value));
        Assert.Contains("doesn't follow", verification.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_trail_that_can_not_be_written_says_so_to_each_who_waits_and_recovers()
    {
        await using var database = TestDatabase.OnDisk();
        await using var trail = await TrailNode.OpenAsync(database);

        var waiting = Enumerable.Range(0, 8).Select(i => trail.AppendAsync(Record($"subject:{i}"), Ct)).ToList();
        foreach (var append in waiting)
            await Assert.ThrowsAnyAsync<Exception>(() => append);

        await database.Node().GetRequiredService<MusicGen.Infrastructure.Persistence.DatabaseInitializer>().MigrateAsync(Ct);
        await trail.AppendAsync(Record("subject:after"), Ct);
        Assert.Equal(1, (await trail.VerifyAsync(Ct)).Entries);
    }

    [Fact]
    public async Task An_entry_whose_commit_was_not_answered_stands_there_once()
    {
        await using var database = await TestDatabase.CreateAsync(DatabaseKind.Sqlite);
        var answers = new LostAnswer();
        await using var node = await TrailNode.OpenAsync(database, answers: answers);
        await node.AppendAsync(2);
        answers.LoseNext();

        await node.AppendAsync(2);

        Assert.Equal(1, answers.Count);
        Assert.Equal(4, await database.InAsync(db => db.AuditEntries.CountAsync(Ct)));
        Assert.Equal((4, null), await node.VerdictAsync());
    }

    [Fact]
    public async Task What_is_longer_than_its_column_is_cut_and_recorded()
    {
        await using var database = await TestDatabase.CreateAsync(DatabaseKind.Sqlite);
        await using var trail = await TrailNode.OpenAsync(database);

        await trail.AppendAsync(Record(new string('x', 5000)) with { Actor = new string('y', 5000) }, Ct);

        Assert.Equal((1, null), await trail.VerdictAsync());
        Assert.Equal((256, 128), await database.InAsync(async db =>
        {
            var entry = await db.AuditEntries.SingleAsync(Ct);
            return (entry.Subject!.Length, entry.Actor.Length);
        }));
    }

    [Fact]
    public void An_address_has_one_hash_whatever_its_case_and_can_not_be_read()
    {
        using var trail = new EfAuditTrail(
            null!, new TestAuthenticator(), null!, null!, Options.Create(new AuditingOptions()), TimeProvider.System, NullLogger<EfAuditTrail>.Instance);

        Assert.Equal(trail.HashEmail("ada@example.org"), trail.HashEmail(" ADA@example.org"));
        Assert.DoesNotContain("ada", trail.HashEmail("ada@example.org"), StringComparison.Ordinal);
    }

    private static AuditRecord Record(string subject) => new(Guid.CreateVersion7(), "anonymous", "tests.probe", AuditOutcome.Succeeded) { Subject = subject };
}
