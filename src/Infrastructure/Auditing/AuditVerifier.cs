using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using MusicGen.Application.Auditing;
using MusicGen.Domain.Auditing;
using MusicGen.Infrastructure.Persistence;

namespace MusicGen.Infrastructure.Auditing;

/// <summary>Walks the trail once, entry by entry, and holds it against its checkpoints and its witnesses.</summary>
internal sealed partial class AuditVerifier(
    MusicGenDbContext db, AuditSeal seal, IEnumerable<IAuditWitness> witnesses, TimeProvider time, ILogger<AuditVerifier> logger)
{
    /// <summary>An attempt as old as this must have its outcome; making music takes minutes.</summary>
    private static readonly TimeSpan OutcomeWithin = TimeSpan.FromMinutes(15);

    /// <summary>Attempts under way that are remembered; more than any server has at once.</summary>
    private const int MaxOpen = 100_000;

    private readonly Dictionary<Guid, (long Sequence, DateTimeOffset At)> _open = [];

    public async Task<AuditVerification> VerifyAsync(CancellationToken ct)
    {
        // Retention may move the beginning while we read; what is really broken is so the second time too.
        var verification = await WalkAsync(ct);
        return verification.Problem is null ? verification : await WalkAsync(ct);
    }

    private async Task<AuditVerification> WalkAsync(CancellationToken ct)
    {
        _open.Clear();
        var heads = await ReadHeadsAsync(); // before the entries: these only grow
        var checkpoints = (await db.AuditCheckpoints.AsNoTracking().OrderBy(c => c.Sequence).ToListAsync(ct)).ToDictionary(c => c.Sequence);
        var expectedAt = heads.Where(h => h.Head is not null && seal.IsOurs(h.Head)).ToLookup(h => h.Head!.Sequence);
        long read = 0, first = 0, last = 0;
        var previous = string.Empty;

        AuditVerification Broken(long entry, string problem) => Result(read, first, heads) with { Broken = entry, Problem = problem };

        await foreach (var entry in db.AuditEntries.AsNoTracking().OrderBy(e => e.Sequence).AsAsyncEnumerable().WithCancellation(ct))
        {
            if (read == 0)
            {
                first = entry.Sequence;
                if (first != 1 && !(checkpoints.TryGetValue(first - 1, out var beginning) && seal.IsBeginning(beginning)))
                    return Broken(FirstExpected(checkpoints.Values), Missing(FirstExpected(checkpoints.Values)));
                previous = first == 1 ? string.Empty : checkpoints[first - 1].Hash;
            }

            var expected = first + read;
            if (entry.Sequence != expected)
                return Broken(expected, Missing(expected));
            if (entry.ComputeHash() != entry.Hash)
                return Broken(expected, Text($"Entry {expected} was changed after it was written."));
            if (entry.PreviousHash != previous)
                return Broken(expected, Text($"Entry {expected} doesn't follow the one before it."));
            if (checkpoints.TryGetValue(expected, out var checkpoint) && !(seal.IsOurs(checkpoint) && checkpoint.Hash == entry.Hash))
                return Broken(expected, Text($"Entry {expected} isn't the one that its signed checkpoint vouches for, or the checkpoint was forged."));
            if (expectedAt[expected].FirstOrDefault(h => h.Head!.Hash != entry.Hash) is { } witness)
                return Broken(expected, Text($"Entry {expected} isn't the one that the signed head in {witness.Name} vouches for: entries were cut off and others written in their place."));
            (previous, last) = (entry.Hash, expected);
            read++;
            Follow(entry);
        }

        if (heads.FirstOrDefault(h => h.Head is not null && !seal.IsOurs(h.Head)) is { } forged)
            return Result(read, first, heads) with { Problem = $"The head in {forged.Name} isn't signed with our key." };
        if (expectedAt.SelectMany(h => h).MaxBy(h => h.Head!.Sequence) is { } furthest && furthest.Head!.Sequence > last)
            return Broken(last + 1, Text($"Entry {last + 1} is missing: the signed head in {furthest.Name} counts {furthest.Head.Sequence}."));
        if (read > 0 && checkpoints.Count > 0 && checkpoints.Keys.Max() is var latest && latest > last)
            return Broken(last + 1, Text($"Entry {last + 1} is missing: there is a checkpoint of entry {latest}."));
        return Result(read, first, heads) is var whole && Unseen(heads, read, first) is { } unseen ? whole with { Problem = unseen } : whole;
    }

    private static string Missing(long entry) => Text($"Entry {entry} is missing.");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    // The latest beginning that retention has signed, or the very first entry.
    private long FirstExpected(IEnumerable<AuditCheckpoint> checkpoints) =>
        checkpoints.Where(seal.IsBeginning).Select(c => c.Sequence).DefaultIfEmpty(0).Max() + 1;

    private void Follow(AuditEntry entry)
    {
        if (entry.Outcome != AuditOutcome.Attempted)
            _open.Remove(entry.Correlation);
        else if (_open.Count < MaxOpen)
            _open[entry.Correlation] = (entry.Sequence, entry.At);
    }

    private AuditVerification Result(long read, long first, IReadOnlyList<WitnessedHead> heads)
    {
        var overdue = time.GetUtcNow() - OutcomeWithin;
        var lonely = _open.Values.Where(a => a.At < overdue).Select(a => a.Sequence).ToList();
        return new AuditVerification(read, Broken: null, Problem: null)
        {
            FirstEntry = read > 0 ? first : null,
            MissingOutcomes = lonely.Count == 0 ? null : new MissingOutcomes(lonely.Count, lonely.Min()),
            Witnesses = [.. heads.Select(h => new AuditWitnessView(h.Name, h.Head?.Sequence))],
        };
    }

    private static string? Unseen(IReadOnlyList<WitnessedHead> heads, long read, long first)
    {
        var kept = heads.Where(h => h.Head is not null).Select(h => h.Head!).ToList();
        if (read == 0 || kept.Exists(h => h.Began <= first))
            return null;
        var lost = kept.Count == 0 ? "No signed head is left outside the table" : Text($"The signed heads were begun anew at entry {kept.Min(h => h.Began)}");
        return $"{lost}, so entries cut off before can't be seen. Where you know why, say so: audit adopt";
    }

    private async Task<IReadOnlyList<WitnessedHead>> ReadHeadsAsync()
    {
        var heads = new List<WitnessedHead>();
        foreach (var witness in witnesses)
        {
            try
            {
                heads.Add(new WitnessedHead(witness.Name, await witness.ReadAsync()));
            }
            catch (Exception e)
            {
                Log.WitnessAway(logger, e, witness.Name);
                heads.Add(new WitnessedHead(witness.Name, null));
            }
        }

        return heads;
    }

    private sealed record WitnessedHead(string Name, AuditHead? Head);

    private static partial class Log
    {
        [LoggerMessage(5012, LogLevel.Warning, "The signed head in {Witness} could not be read, so the trail is verified without it")]
        public static partial void WitnessAway(ILogger logger, Exception exception, string witness);
    }
}
