using System.Threading.Channels;
using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Persistence;
using MusicGen.Domain;
using MusicGen.Domain.Generations;
using MusicGen.Domain.Identity;

namespace MusicGen.WebApi.Security;

/// <summary>
/// Finds out, after the answer, whether what a reader was told doesn't exist is somebody else's, and has that recorded
/// (ASVS 16.3.2). Nobody waits for it, so the answer and its time are the same for what exists and what doesn't. What
/// changes something is recorded by its command already.
/// </summary>
internal sealed partial class ForeignObjects(EdgeRefusals refusals, IServiceScopeFactory scopes, ILogger<ForeignObjects> logger) : BackgroundService
{
    /// <summary>The reason that entries of this kind have; no answer has it.</summary>
    public const string Code = "object.foreign";

    /// <summary>Looks that wait; what is beyond is left: a reader's own rate limit comes long before.</summary>
    private const int MaxWaiting = 1000;

    private readonly Channel<Look> _waiting = Channel.CreateBounded<Look>(
        new BoundedChannelOptions(MaxWaiting) { SingleReader = true, FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Notes that a signed-in reader was told that there is no such thing.</summary>
    public void Note(HttpContext context, Error error)
    {
        if (KindOf(error.Code) is not { } kind || Caller.Of(context) is not { Id: { } reader } caller || !IsRead(context.Request.Method))
            return;
        var named = context.Request.RouteValues.Values.OfType<string>().Select(v => Guid.TryParseExact(v, "D", out var id) ? id : Guid.Empty);
        if (named.FirstOrDefault(id => id != Guid.Empty) is var thing && thing == Guid.Empty)
            return;
        var client = context.Features.Get<ClientAddress>();
        _waiting.Writer.TryWrite(new Look(kind, thing, reader, new EdgeRefusal(
            Code, reader.ToString(), caller.Tier.Name(), client?.CountKey, client?.Address.ToString(), $"{kind}:{thing:D}", context.TraceIdentifier)));
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await foreach (var look in _waiting.Reader.ReadAllAsync(stoppingToken))
                await LookAsync(look, stoppingToken);
        }
        catch (OperationCanceledException)
        {
            // The service stops.
        }
    }

    private static string? KindOf(string code) => code switch
    {
        "generation.not_found" => "generation",
        "batch.not_found" => "batch",
        "export.not_found" => "export",
        _ => null,
    };

    private static bool IsRead(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method);

    private async Task LookAsync(Look look, CancellationToken ct)
    {
        try
        {
            await using var scope = scopes.CreateAsyncScope();
            var owner = await OwnerAsync(scope.ServiceProvider.GetRequiredService<IMusicGenDbContext>(), look.Kind, look.Thing, ct);
            if (owner is { } other && other != look.Reader)
                refusals.Note(look.Refusal);
        }
        catch (Exception e)
        {
            if (!ct.IsCancellationRequested)
                Log.NotSeen(logger, e, look.Kind); // what was refused stays refused
        }
    }

    private static Task<UserId?> OwnerAsync(IMusicGenDbContext db, string kind, Guid thing, CancellationToken ct) => kind switch
    {
        "generation" => db.Generations.Where(g => g.Id == new GenerationId(thing)).Select(g => (UserId?)g.UserId).SingleOrDefaultAsync(ct),
        "batch" => db.Batches.Where(b => b.Id == thing).Select(b => (UserId?)b.UserId).SingleOrDefaultAsync(ct),
        _ => db.DataExports.Where(e => e.Id == thing).Select(e => (UserId?)e.UserId).SingleOrDefaultAsync(ct),
    };

    private sealed record Look(string Kind, Guid Thing, UserId Reader, EdgeRefusal Refusal);

    private static partial class Log
    {
        [LoggerMessage(7121, LogLevel.Warning, "Whether a {Kind} that was asked for is somebody else's could not be seen")]
        public static partial void NotSeen(ILogger logger, Exception exception, string kind);
    }
}
