using Hangfire;
using Hangfire.Common;
using Hangfire.States;
using Microsoft.Extensions.Options;
using MusicGen.Application.Generations;
using MusicGen.Domain.Generations;
using MusicGen.Domain.Identity;

namespace MusicGen.Infrastructure.Generations;

/// <summary>A Hangfire queue for each tier, named like it.</summary>
internal sealed class HangfireGenerationQueue(JobStorage storage, IOptions<QueueOptions> options) : IGenerationQueue
{
    private readonly BackgroundJobClient _client = new(storage);

    public async Task<bool> HasRoomAsync(Tier tier, CancellationToken ct) => await CountAsync(tier, ct) < options.Value.MaxWaiting;

    public Task<long> CountAsync(Tier tier, CancellationToken ct) => Task.FromResult(storage.GetMonitoringApi().EnqueuedCount(tier.Name()));

    public Task EnqueueAsync(GenerationId id, Tier tier, CancellationToken ct)
    {
        var text = id.ToString();
        _client.Create(Job.FromExpression<GenerationJob>(j => j.RunAsync(text, CancellationToken.None)), new EnqueuedState(tier.Name()));
        return Task.CompletedTask;
    }
}
