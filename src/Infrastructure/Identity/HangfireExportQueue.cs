using Hangfire;
using Hangfire.Common;
using Hangfire.States;
using MediatR;
using MusicGen.Application.Identity;
using MusicGen.Application.Identity.RunExport;
using MusicGen.Infrastructure.Generations;

namespace MusicGen.Infrastructure.Identity;

/// <summary>A Hangfire queue of its own, so that no music waits behind an export.</summary>
internal sealed class HangfireExportQueue(JobStorage storage, JobCalls calls) : IExportQueue
{
    public const string Name = "exports";

    private readonly BackgroundJobClient _client = new(storage);

    public Task EnqueueAsync(Guid id, CancellationToken ct)
    {
        var text = id.ToString();
        return calls.TellAsync(() => _client.Create(Job.FromExpression<ExportJob>(j => j.RunAsync(text, CancellationToken.None)), new EnqueuedState(Name)), ct);
    }

    public Task<long> CountAsync(CancellationToken ct) => calls.AskAsync(() => storage.GetMonitoringApi().EnqueuedCount(Name), ct);
}

/// <summary>What Hangfire calls; it knows an id and nothing else. An export that nobody works on is found by the sweep.</summary>
[AutomaticRetry(Attempts = 0, OnAttemptsExceeded = AttemptsExceededAction.Delete), ShortLived]
public sealed class ExportJob(ISender sender)
{
    /// <param name="id">The export's.</param>
    /// <param name="ct">Hangfire puts the server's own here.</param>
    public async Task RunAsync(string id, CancellationToken ct)
    {
        if (Guid.TryParseExact(id, "D", out var export))
            await sender.Send(new RunExportCommand(export), ct);
    }
}
