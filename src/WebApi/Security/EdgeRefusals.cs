using System.Diagnostics.Metrics;
using System.Threading.Channels;
using MusicGen.Application.Auditing;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;
using MusicGen.Domain.Auditing;
using MusicGen.Domain.Identity;

namespace MusicGen.WebApi.Security;

/// <summary>
/// What the edge refuses, before any command runs, in the audit trail: the first few of a kind from a client in a minute
/// one by one, the rest as one entry with their number. So a flood leaves a trace, and the trail isn't flooded.
/// </summary>
/// <remarks>
/// No request waits for it. A minute has room for so many entries of a kind and so many clients; what is beyond counts
/// together, without an address.
/// </remarks>
internal sealed partial class EdgeRefusals(IAuditTrail trail, TimeProvider time, ILogger<EdgeRefusals> logger) : BackgroundService
{
    /// <summary>Entries of one kind for one client in a minute.</summary>
    public const int OneByOne = 3;

    /// <summary>Entries of one kind in a minute, whoever the clients are; as many again tell the counts.</summary>
    public const int OfAKind = 60;

    private const int MaxClients = 10_000;
    private const string Others = "others";

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private static readonly Counter<long> Refusals =
        Telemetry.Meter.CreateCounter<long>("musicgen.edge.refusals", "{refusal}", "What the edge refused before any command ran, by code and the caller's tier.");

    private readonly Channel<AuditRecord> _waiting = Channel.CreateUnbounded<AuditRecord>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Lock _counting = new();
    private Task _writing = Task.CompletedTask;
    private Dictionary<(string Code, string Client), int> _untold = [];
    private Dictionary<(string Code, string Client), int> _told = [];

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
        ["auth.second_factor_required"] = ("edge.second_factor", "authorization"),
        [ForeignObjects.Code] = ("edge.object", "authorization"),
        ["auth.scope_missing"] = ("edge.scope", "authorization"),
        ["auth.token_not_allowed"] = ("edge.scope", "authorization"),
        ["rate_limit.exceeded"] = ("edge.limit", "rate_limit_exceeded"),
        ["request.host"] = ("edge.host", null),
    };

    /// <summary>Notes a refusal if it is one of the edge's.</summary>
    public void Note(HttpContext context, Error error)
    {
        if (!Kinds.ContainsKey(error.Code))
            return;
        var client = context.Features.Get<ClientAddress>();
        Note(new EdgeRefusal(
            error.Code, Caller.Of(context).Id?.ToString() ?? "anonymous", Caller.Of(context).Tier.Name(), client?.CountKey, client?.Address.ToString(),
            context.GetEndpoint() is RouteEndpoint route ? $"{context.Request.Method} {route.RoutePattern.RawText}" : null, context.TraceIdentifier));
    }

    /// <summary>Notes one of the edge's refusals.</summary>
    public void Note(EdgeRefusal refusal)
    {
        Refusals.Add(1, new KeyValuePair<string, object?>("code", refusal.Code), new KeyValuePair<string, object?>("tier", refusal.Tier));
        if (!MayTell(refusal.Code, refusal.Client ?? Others))
            return;
        _waiting.Writer.TryWrite(new AuditRecord(Guid.CreateVersion7(), refusal.Actor, Kinds[refusal.Code].Action, AuditOutcome.Denied)
        {
            Event = Kinds[refusal.Code].Event,
            Reason = refusal.Code,
            Subject = refusal.Subject,
            Address = refusal.Address,
            TraceId = refusal.TraceId,
        });
    }

    /// <inheritdoc/>
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        _writing = WriteAsync();
        return base.StartAsync(cancellationToken);
    }

    /// <summary>What was counted until now is told. Here, because a server stopped at once never ran ExecuteAsync.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        SumUp();
        _waiting.Writer.TryComplete();
        await _writing;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Window, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                SumUp();
        }
        catch (OperationCanceledException)
        {
            // The server stops, or its start has failed, which must not look like two failures.
        }
    }

    /// <summary>Whether a refusal gets an entry of its own; else it is counted.</summary>
    private bool MayTell(string code, string client)
    {
        lock (_counting)
        {
            var (own, all) = ((code, client), (code, Others));
            var isOneOfFew = _told.GetValueOrDefault(own) < OneByOne && _told.GetValueOrDefault(all) < OfAKind;
            if (isOneOfFew)
            {
                _told[own] = _told.GetValueOrDefault(own) + 1;
                if (own != all)
                    _told[all] = _told.GetValueOrDefault(all) + 1;
            }
            else
            {
                var counted = _untold.ContainsKey(own) || _untold.Count < MaxClients ? own : all;
                _untold[counted] = _untold.GetValueOrDefault(counted) + 1;
            }

            return isOneOfFew;
        }
    }

    private void SumUp()
    {
        Dictionary<(string Code, string Client), int> untold;
        lock (_counting)
        {
            untold = _untold;
            (_untold, _told) = ([], []);
        }

        foreach (var kind in untold.GroupBy(c => c.Key.Code))
        {
            var clients = kind.Where(c => c.Key.Client != Others).OrderByDescending(c => c.Value).ToList();
            foreach (var ((_, client), count) in clients.Take(OfAKind))
                Tell(kind.Key, count, client);
            var rest = clients.Skip(OfAKind).Sum(c => c.Value) + kind.Where(c => c.Key.Client == Others).Sum(c => c.Value);
            if (rest > 0)
                Tell(kind.Key, rest, address: null);
        }
    }

    private void Tell(string code, int count, string? address) =>
        _waiting.Writer.TryWrite(new AuditRecord(Guid.CreateVersion7(), "anonymous", Kinds[code].Action, AuditOutcome.Denied)
        {
            Event = Kinds[code].Event,
            Reason = code,
            Subject = $"count:{count}",
            Address = address,
        });

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

    private static partial class Log
    {
        [LoggerMessage(7120, LogLevel.Error, "A refusal at the edge ({Action}, {Reason}) could not be written to the audit trail")]
        public static partial void Lost(ILogger logger, Exception exception, string action, string? reason);
    }
}

/// <summary>One refusal at the edge.</summary>
/// <param name="Code">One of <see cref="EdgeRefusals.Kinds"/>.</param>
/// <param name="Actor">A user's id or anonymous.</param>
/// <param name="Tier">The caller's.</param>
/// <param name="Client">What counters know the client by; null for an unknown one.</param>
/// <param name="Address">The client's.</param>
/// <param name="Subject">What was asked for.</param>
/// <param name="TraceId">The request's.</param>
internal sealed record EdgeRefusal(string Code, string Actor, string Tier, string? Client, string? Address, string? Subject, string TraceId);
