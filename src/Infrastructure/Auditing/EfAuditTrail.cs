using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MusicGen.Application.Auditing;
using MusicGen.Application.Identity;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Domain.Auditing;
using MusicGen.Domain.Identity;
using MusicGen.Infrastructure.Persistence;
using static MusicGen.Infrastructure.Persistence.Configurations.AuditEntryConfiguration;

namespace MusicGen.Infrastructure.Auditing;

/// <summary>
/// The trail in the database, in units of work of its own, so that a handler that is rolled back still leaves its trace.
/// Entries that wait at the same moment are written together: one commit for all of them.
/// </summary>
internal sealed partial class EfAuditTrail(
    IServiceScopeFactory scopes, IMessageAuthenticator authenticator, AuditSeal seal, AuditHeadKeeper heads, IOptions<AuditingOptions> options,
    TimeProvider time, ILogger<EfAuditTrail> logger)
    : IAuditTrail, IResealable, IDisposable
{
    public const string MeterName = Telemetry.Name;

    private const int MaxTogether = 128;

    /// <summary>How often a node that lost the race for the next number tries again; each time somebody else got on.</summary>
    private const int MaxAttempts = 50;

    /// <summary>A write that takes longer is stuck, and who comes now isn't sent to wait behind it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>How long a failure stands for the next attempts: then one finds out anew.</summary>
    private static readonly TimeSpan FailureStands = TimeSpan.FromSeconds(1);

    private static readonly Counter<long> Entries = Telemetry.Meter.CreateCounter<long>("musicgen.audit.entries", "{entry}", "Entries written to the audit trail.");
    private static readonly Counter<long> Commits = Telemetry.Meter.CreateCounter<long>("musicgen.audit.commits", "{commit}", "Commits that wrote them, several entries each.");

    private readonly ConcurrentQueue<Waiting> _waiting = new();
    private readonly SemaphoreSlim _writing = new(1, 1);
    private long? _highest;
    private long _writingSince; // timestamps; 0 is none
    private long _failedAt;

    /// <summary>Whether nothing can be recorded at the moment, so that nothing may be done either.</summary>
    public bool IsStuck => IsWithin(ref _failedAt, elapsed => elapsed < FailureStands) || IsWithin(ref _writingSince, elapsed => elapsed > Patience);

    public async Task AppendAsync(AuditRecord record, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        if (record.Outcome == AuditOutcome.Attempted && IsStuck)
            throw new AuditTrailStuckException(); // outcomes wait all the same: what was done has to be told
        var own = new Waiting(Clamp(record));
        _waiting.Enqueue(own);

        // Whoever gets here first writes for everybody who waits; the others find their entry written. Nobody leaves
        // early: an entry that is in the queue will be in the trail.
        await _writing.WaitAsync(CancellationToken.None);
        try
        {
            while (!own.Written.Task.IsCompleted)
                await WriteTogetherAsync();
        }
        finally
        {
            _writing.Release();
        }

        await own.Written.Task;
    }

    public string HashEmail(string email) => authenticator.Sign("audit-email", Email.Normalise(email).Value);

    public async Task<AuditVerification> VerifyAsync(CancellationToken ct)
    {
        await heads.SettleAsync(ct);
        await using var scope = scopes.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<AuditVerifier>().VerifyAsync(ct);
    }

    public async Task<AuditTrim?> TrimAsync(DateTimeOffset before, CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<AuditTrimmer>().TrimAsync(before, ct);
    }

    public async Task<long?> AdoptAsync(CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var entries = scope.ServiceProvider.GetRequiredService<MusicGenDbContext>().AuditEntries.AsNoTracking();
        var first = await entries.MinAsync(e => (long?)e.Sequence, ct);
        var last = await entries.OrderByDescending(e => e.Sequence).Select(e => new { e.Sequence, e.Hash }).FirstOrDefaultAsync(ct);
        if (first is null || last is null)
            return null;
        await heads.AdoptAsync(first.Value, new AuditLink(last.Sequence, last.Hash));
        return last.Sequence;
    }

    public async Task<int> ResealAsync(CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<MusicGenDbContext>();
        var count = (await db.AuditCheckpoints.ToListAsync(ct)).Count(seal.Resign);
        await db.SaveChangesAsync(ct);
        return count + await heads.ResignAsync();
    }

    public Task CloseAsync() => heads.DisposeAsync().AsTask();

    public void Dispose() => _writing.Dispose();

    // A column's length must not decide whether something is recorded.
    private static AuditRecord Clamp(AuditRecord record) => record with
    {
        Actor = Cut(record.Actor, ActorLength)!,
        Subject = Cut(record.Subject, SubjectLength),
        Reason = Cut(record.Reason, ReasonLength),
        Proof = Cut(record.Proof, ProofLength),
        Address = Cut(record.Address, AddressLength),
        TraceId = Cut(record.TraceId, TraceIdLength),
    };

    private static string? Cut(string? text, int length) => text?.Length > length ? text[..length] : text;

    private async Task WriteTogetherAsync()
    {
        var batch = new List<Waiting>();
        Volatile.Write(ref _writingSince, time.GetTimestamp());
        while (batch.Count < MaxTogether && _waiting.TryDequeue(out var waiting))
            batch.Add(waiting);
        try
        {
            foreach (var entry in await WriteAsync(batch))
                Announce(entry);
            Volatile.Write(ref _failedAt, 0);
            batch.ForEach(w => w.Written.SetResult());
        }
        catch (Exception e)
        {
            Volatile.Write(ref _failedAt, time.GetTimestamp());
            batch.ForEach(w => w.Written.SetException(e)); // each caller hears it: what can't be recorded isn't done
        }
        finally
        {
            Volatile.Write(ref _writingSince, 0);
        }
    }

    private bool IsWithin(ref long since, Func<TimeSpan, bool> judge) =>
        Volatile.Read(ref since) is not 0 and var at && judge(time.GetElapsedTime(at));

    private async Task<List<AuditEntry>> WriteAsync(List<Waiting> batch)
    {
        for (var attempt = 1; ; attempt++)
        {
            await using var scope = scopes.CreateAsyncScope();
            var db = scope.ServiceProvider.GetRequiredService<MusicGenDbContext>();
            var last = await db.AuditEntries.AsNoTracking().OrderByDescending(e => e.Sequence)
                .Select(e => new { e.Sequence, e.Hash }).FirstOrDefaultAsync();
            // A number that a witness has seen is never given out again: where the end was cut off, the gap stays.
            _highest = Math.Max(_highest ?? await heads.HighestAsync(), last?.Sequence ?? 0);
            var sequence = _highest.Value;
            var previous = last?.Hash ?? string.Empty;
            var entries = new List<AuditEntry>(batch.Count);
            foreach (var waiting in batch)
            {
                var entry = new AuditEntry(waiting.Record, ++sequence, previous, time.GetUtcNow());
                previous = entry.Hash;
                entries.Add(entry);
                if (sequence % options.Value.CheckpointEvery == 0)
                    db.AuditCheckpoints.Add(seal.Checkpoint(sequence, entry.Hash, entry.At));
            }

            db.AuditEntries.AddRange(entries);
            try
            {
                await db.SaveChangesAsync(CancellationToken.None);
                return Written(entries);
            }
            catch (UniqueValueTakenException) when (attempt < MaxAttempts)
            {
                // Our own entry, when it was the commit's answer that was lost: written again it would stand there twice.
                var (number, hash) = (entries[0].Sequence, entries[0].Hash);
                if (await db.AuditEntries.AsNoTracking().AnyAsync(e => e.Sequence == number && e.Hash == hash))
                    return Written(entries);
                // Another node took the number; its entry is the one before ours now.
                await Task.Delay(TimeSpan.FromMilliseconds(RandomNumberGenerator.GetInt32(1, 4 * attempt + 2)), TimeProvider.System);
            }
        }
    }

    private List<AuditEntry> Written(List<AuditEntry> entries)
    {
        _highest = entries[^1].Sequence;
        Entries.Add(entries.Count);
        Commits.Add(1);
        heads.Advance(entries[0].Sequence, new AuditLink(entries[^1].Sequence, entries[^1].Hash));
        return entries;
    }

    // The same line for an operator's collector, without anything that names a person but ids and addresses.
    private void Announce(AuditEntry e)
    {
        if (e.Outcome == AuditOutcome.Attempted)
            Log.Attempted(logger, e.Sequence, e.Action, e.Actor, e.Correlation);
        else
            Log.Recorded(logger, e.Sequence, e.Action, e.Event, e.Outcome, e.Reason, e.Proof, e.Actor, e.Subject, e.Address, e.EmailHash, e.TraceId, e.Correlation);
    }

    private sealed class Waiting(AuditRecord record)
    {
        public AuditRecord Record => record;

        public TaskCompletionSource Written { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private static partial class Log
    {
        [LoggerMessage(5000, LogLevel.Debug, "Audit {Sequence}: {Action} attempted by {Actor} ({Correlation})")]
        public static partial void Attempted(ILogger logger, long sequence, string action, string actor, Guid correlation);

        [LoggerMessage(5001, LogLevel.Information, "Audit {Sequence}: {Action} ({EventName}) {Outcome} {Reason} {Proof} by {Actor} on {Subject} from {Address}, {EmailHash} {TraceId} ({Correlation})")]
        public static partial void Recorded(
            ILogger logger, long sequence, string action, string? eventName, AuditOutcome outcome, string? reason, string? proof, string actor, string? subject,
            string? address, string? emailHash, string? traceId, Guid correlation);
    }
}

/// <summary>The last attempt to write an entry failed a moment ago, or hangs.</summary>
internal sealed class AuditTrailStuckException() : Exception("The audit trail can't be written at the moment.");
