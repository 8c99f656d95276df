using Hangfire;
using Hangfire.Common;
using Hangfire.States;
using Microsoft.Extensions.Options;
using MusicGen.Application.Generations;
using MusicGen.Domain.Generations;
using MusicGen.Domain.Identity;

namespace MusicGen.Infrastructure.Generations;

/// <summary>A Hangfire queue for each tier and model, so that a start waits where a worker that has its model looks.</summary>
internal sealed class HangfireGenerationQueue(JobStorage storage, IModelCatalogue models, IOptions<QueueOptions> options) : IGenerationQueue
{
    private readonly BackgroundJobClient _client = new(storage);

    public Task<bool> HasRoomAsync(Tier tier, CancellationToken ct)
    {
        var queues = storage.GetMonitoringApi();
        return Task.FromResult(models.Models.Sum(m => queues.EnqueuedCount(OpenQueues.NameOf(tier, m.Id))) < options.Value.MaxWaiting);
    }

    public Task<long> CountAsync(Tier tier, string model, CancellationToken ct) =>
        Task.FromResult(storage.GetMonitoringApi().EnqueuedCount(OpenQueues.NameOf(tier, model)));

    public Task EnqueueAsync(Generation task, CancellationToken ct)
    {
        var text = task.Id.ToString();
        _client.Create(
            Job.FromExpression<GenerationJob>(j => j.RunAsync(text, CancellationToken.None)), new EnqueuedState(OpenQueues.NameOf(task.Tier, task.Model)));
        return Task.CompletedTask;
    }
}
