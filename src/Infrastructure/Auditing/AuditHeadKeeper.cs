using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using MusicGen.Infrastructure.Persistence;

namespace MusicGen.Infrastructure.Auditing;

/// <summary>
/// Carries the trail's head to its witnesses, behind the writers' back: nobody waits for it, and of several heads that
/// wait only the latest goes out. A witness moves on only over a trail that still holds what it has seen; over any other
/// it stays where it is, as evidence for <c>audit verify</c>.
/// </summary>
internal sealed partial class AuditHeadKeeper(
    IEnumerable<IAuditWitness> witnesses, AuditSeal seal, IServiceScopeFactory scopes, TimeProvider time, ILogger<AuditHeadKeeper> logger)
    : IAsyncDisposable
{
    private const int Attempts = 5;

    /// <summary>Longer than any witness pauses.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1.5);

    private readonly ConcurrentDictionary<string, long> _accused = new(StringComparer.Ordinal);
    private readonly Lock _starting = new();
    private readonly CancellationTokenSource _stopping = new();
    private Line[]? _lines;
    private long _first;

    /// <summary>The highest number that a witness vouches for, so that no number is given out twice; 0 for none.</summary>
    public async Task<long> HighestAsync() => (await OursAsync()).Select(h => h.Sequence).DefaultIfEmpty(0).Max();

    /// <summary>The head that vouches for most, which whoever copies the trail takes along; null for none.</summary>
    public async Task<AuditHead?> FurthestAsync(CancellationToken ct)
    {
        await SettleAsync(ct);
        return (await OursAsync()).OrderBy(h => h.Began).ThenByDescending(h => h.Sequence).FirstOrDefault();
    }

    /// <summary>The first witness that holds anything, ours or not; null where the trail would be new.</summary>
    public async Task<string?> NameOfHolderAsync()
    {
        foreach (var witness in witnesses)
        {
            if (await witness.ReadAsync() is not null)
                return witness.Name;
        }

        return null;
    }

    /// <summary>Gives a copied trail's head to the witnesses that have none.</summary>
    public async Task PlaceAsync(AuditHead head)
    {
        foreach (var witness in witnesses)
        {
            if (await witness.ReadAsync() is null)
                await witness.TryReplaceAsync(0, head);
        }
    }

    /// <summary>Tells that entries were committed.</summary>
    /// <param name="first">The number of the first of them.</param>
    /// <param name="end">The last of them.</param>
    public void Advance(long first, AuditLink end)
    {
        Interlocked.CompareExchange(ref _first, first, 0);
        foreach (var line in Lines())
        {
            Volatile.Write(ref line.Told, end.Sequence);
            line.Waiting.Writer.TryWrite(end);
        }
    }

    /// <summary>Gives the witnesses a moment to hear what was told: whoever verifies mustn't miss a head that is under way.</summary>
    public async Task SettleAsync(CancellationToken ct)
    {
        Line[] lines;
        lock (_starting)
            lines = _lines ?? [];
        var start = TimeProvider.System.GetTimestamp();
        while (lines.Any(l => Volatile.Read(ref l.Handled) < Volatile.Read(ref l.Told)) && TimeProvider.System.GetElapsedTime(start) < Patience)
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, ct);
    }

    /// <summary>Signs heads for a trail as it is, where they were lost: an operator's word takes the place of theirs.</summary>
    public async Task AdoptAsync(long first, AuditLink end)
    {
        foreach (var witness in witnesses)
            await witness.TryReplaceAsync((await witness.ReadAsync())?.Sequence ?? 0, seal.Head(end.Sequence, end.Hash, first, time.GetUtcNow()));
    }

    /// <summary>Brings the heads under the present secret.</summary>
    /// <returns>How many were signed anew.</returns>
    public async Task<int> ResignAsync()
    {
        var count = 0;
        foreach (var witness in witnesses)
        {
            if (await witness.ReadAsync() is not { } head || !seal.IsOurs(head))
                continue;
            var anew = seal.Head(head.Sequence, head.Hash, head.Began, head.At);
            if (anew.Signature != head.Signature && await witness.TryReplaceAsync(head.Sequence, anew))
                count++;
        }

        return count;
    }

    /// <summary>Returns when the witnesses know all that was told; nothing more is taken.</summary>
    public async ValueTask DisposeAsync()
    {
        Line[] lines;
        lock (_starting)
            lines = _lines ??= [];
        foreach (var line in lines)
            line.Waiting.Writer.TryComplete();
        await _stopping.CancelAsync();
        await Task.WhenAll(lines.Select(l => l.Work));
    }

    private async Task<List<AuditHead>> OursAsync()
    {
        var heads = new List<AuditHead>();
        foreach (var witness in witnesses)
        {
            try
            {
                if (await witness.ReadAsync() is { } head && seal.IsOurs(head))
                    heads.Add(head);
            }
            catch (Exception e)
            {
                Log.WitnessAway(logger, e, witness.Name);
            }
        }

        return heads;
    }

    private Line[] Lines()
    {
        lock (_starting)
        {
            return _lines ??= [.. witnesses.Select(witness =>
            {
                var waiting = Channel.CreateBounded<AuditLink>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
                var line = new Line(waiting);
                line.Work = CarryAsync(witness, line);
                return line;
            })];
        }
    }

    private async Task CarryAsync(IAuditWitness witness, Line line)
    {
        AuditHead? seen = null;
        await foreach (var link in line.Waiting.Reader.ReadAllAsync())
        {
            try
            {
                seen = await PublishAsync(witness, link, seen);
            }
            catch (Exception e)
            {
                seen = null;
                Log.WitnessAway(logger, e, witness.Name); // the next head says more than this one
            }

            Volatile.Write(ref line.Handled, link.Sequence);

            // Whoever stops us waits for us: then the last head goes out without a pause.
            await Task.Delay(witness.Pause, time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <returns>What the witness holds now, if it is ours.</returns>
    private async Task<AuditHead?> PublishAsync(IAuditWitness witness, AuditLink link, AuditHead? seen)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var there = seen ?? await witness.ReadAsync();
            if (there is not null && there.Sequence >= link.Sequence)
                return null; // another node is ahead of us
            if (there is not null && !(seal.IsOurs(there) && await HoldsAsync(there)))
            {
                if (_accused.TryAdd(witness.Name, there.Sequence)) // said once: it stays so until somebody looks
                    Log.TrailDiffers(logger, witness.Name, there.Sequence);
                return null;
            }

            var next = seal.Head(link.Sequence, link.Hash, there?.Began ?? Interlocked.Read(ref _first), time.GetUtcNow());
            if (await witness.TryReplaceAsync(there?.Sequence ?? 0, next))
                return next;
            seen = null;
        }

        return null;
    }

    // One look-up by key: the entry that the witness has seen last must still be there, and the same.
    private async Task<bool> HoldsAsync(AuditHead head)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<MusicGenDbContext>();
        var hash = await db.AuditEntries.AsNoTracking().Where(e => e.Sequence == head.Sequence).Select(e => e.Hash).SingleOrDefaultAsync();
        if (hash is not null)
            return hash == head.Hash;

        // Retention may have removed it, and left a signed word about that.
        var beginning = await db.AuditCheckpoints.AsNoTracking().Where(c => c.Sequence >= head.Sequence).OrderBy(c => c.Sequence).ToListAsync();
        return beginning.Exists(seal.IsBeginning);
    }

    private sealed class Line(Channel<AuditLink> waiting)
    {
        public long Told;
        public long Handled;

        public Channel<AuditLink> Waiting => waiting;

        public Task Work { get; set; } = Task.CompletedTask;
    }

    private static partial class Log
    {
        [LoggerMessage(5010, LogLevel.Warning, "The audit trail's signed head could not be read from or written to {Witness}; it will follow")]
        public static partial void WitnessAway(ILogger logger, Exception exception, string witness);

        [LoggerMessage(5011, LogLevel.Critical, "The audit trail no longer holds entry {Sequence} as {Witness} has seen it. Run: audit verify")]
        public static partial void TrailDiffers(ILogger logger, string witness, long sequence);
    }
}

/// <summary>One entry as the next one sees it.</summary>
internal readonly record struct AuditLink(long Sequence, string Hash);
