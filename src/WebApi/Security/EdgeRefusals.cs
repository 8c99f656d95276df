using System.Collections.Concurrent;
using System.Threading.Channels;
using MusicGen.Application.Auditing;
using MusicGen.Domain;
using MusicGen.Domain.Auditing;

namespace MusicGen.WebApi.Security;

/// <summary>
/// What the edge refuses, before any command runs, in the audit trail: the first few of a kind from a client in a minute
/// one by one, the rest as one entry with their number. So a flood leaves a trace, and the trail isn't flooded.
/// </summary>
/// <remarks>No request waits for it. Beyond the room for clients in a minute, the others count together as one.</remarks>
internal sealed partial class EdgeRefusals(IAuditTrail trail, TimeProvider time, ILogger<EdgeRefusals> logger) : BackgroundService
{
    public const int OneByOne = 3;

    private const int MaxClients = 10_000;
    private const int MaxWaiting = 1_000;
    private const string Others = "others";

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly Channel<AuditRecord> _waiting =
        Channel.CreateBounded<AuditRecord>(new BoundedChannelOptions(MaxWaiting) { FullMode = BoundedChannelFullMode.Wait, SingleReader = true });

    private ConcurrentDictionary<(string Code, string Client), Count> _counts = new();

    /// <summary>Which refusals are the edge's: a code, our action, and the original's name of the event where it had one.</summary>
    public static IReadOnlyDictionary<string, (string Action, string? Event)> Kinds { get; } = new Dictionary<string, (string, string?)>(StringComparer.Ordinal)
    {
        ["csrf.missing"] = ("edge.csrf", null),
        ["csrf.invalid"] = ("edge.csrf", null),
        ["csrf.cross_site"] = ("edge.csrf", null),
        ["cors.origin_refused"] = ("edge.cors", null),
        ["auth.token_invalid"] = ("edge.token", "token_validation"),
        ["auth.session_ended"] = ("edge.token", "token_validation"),
        ["auth.forbidden"] = ("edge.role", "authorization"),
        ["auth.scope_missing"] = ("edge.scope", "authorization"),
        ["auth.token_not_allowed"] = ("edge.scope", "authorization"),
        ["rate_limit.exceeded"] = ("edge.limit", "rate_limit_exceeded"),
        ["request.host"] = ("edge.host", null),
    };

    /// <summary>Notes a refusal if it is one of the edge's.</summary>
    public void Note(HttpContext context, Error error)
    {
        if (!Kinds.TryGetValue(error.Code, out var kind))
            return;

        var client = context.Features.Get<ClientAddress>();
        var counts = _counts;
        var key = (error.Code, client?.CountKey ?? Others);
        if (!counts.ContainsKey(key) && counts.Count >= MaxClients)
            key = (error.Code, Others);
        var number = counts.GetOrAdd(key, static _ => new Count()).Add();
        if (number > OneByOne)
            return;

        var record = new AuditRecord(Guid.CreateVersion7(), Caller.Of(context).Id?.ToString() ?? "anonymous", kind.Action, AuditOutcome.Denied)
        {
            Event = kind.Event,
            Reason = error.Code,
            Subject = context.GetEndpoint() is RouteEndpoint route ? $"{context.Request.Method} {route.RoutePattern.RawText}" : null,
            Address = client?.Address.ToString(),
            TraceId = context.TraceIdentifier,
        };
        if (!_waiting.Writer.TryWrite(record))
            counts[key].Defer(); // told with the rest, at the end of the minute
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var writing = WriteAsync();
        using var timer = new PeriodicTimer(Window, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                await SumUpAsync();
        }
        catch (OperationCanceledException)
        {
            // The server stops: what was counted until now is told.
        }

        await SumUpAsync();
        _waiting.Writer.TryComplete();
        await writing;
    }

    private async Task SumUpAsync()
    {
        var counts = Interlocked.Exchange(ref _counts, new());
        foreach (var ((code, client), count) in counts)
        {
            if (count.Untold is not (> 0 and var more))
                continue;
            var (action, name) = Kinds[code];
            await _waiting.Writer.WriteAsync(new AuditRecord(Guid.CreateVersion7(), "anonymous", action, AuditOutcome.Denied)
            {
                Event = name,
                Reason = code,
                Subject = $"count:{more}",
                Address = client == Others ? null : client,
            });
        }
    }

    private async Task WriteAsync()
    {
        await foreach (var record in _waiting.Reader.ReadAllAsync())
        {
            try
            {
                await trail.AppendAsync(record, CancellationToken.None);
            }
            catch (Exception e)
            {
                Log.Lost(logger, e, record.Action, record.Reason); // what was refused stays refused
            }
        }
    }

    private sealed class Count
    {
        private int _number;
        private int _deferred;

        /// <summary>How many have no entry of their own.</summary>
        public int Untold => Math.Max(0, Volatile.Read(ref _number) - OneByOne) + Volatile.Read(ref _deferred);

        public int Add() => Interlocked.Increment(ref _number);

        public void Defer() => Interlocked.Increment(ref _deferred);
    }

    private static partial class Log
    {
        [LoggerMessage(7120, LogLevel.Error, "A refusal at the edge ({Action}, {Reason}) could not be written to the audit trail")]
        public static partial void Lost(ILogger logger, Exception exception, string action, string? reason);
    }
}
