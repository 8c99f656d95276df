using System.Runtime.CompilerServices;
using MusicGen.Application.Generations;
using MusicGen.Domain.Generations;
using MusicGen.Infrastructure.Redis;
using StackExchange.Redis;

namespace MusicGen.Infrastructure.Generations;

internal sealed class RedisGenerationProgress(IDatabase redis) : IGenerationProgress
{
    public async Task<StepsDone?> GetAsync(GenerationId id, CancellationToken ct)
    {
        var steps = await redis.HashGetAsync(RedisKeys.GenerationSteps(id), ["done", "total"]);
        return steps[0].IsNull || steps[1].IsNull ? null : new StepsDone((int)steps[0], (int)steps[1]);
    }

    public Task AnnounceAsync(GenerationId id, CancellationToken ct) =>
        redis.PublishAsync(RedisKeys.GenerationChannel(id), GenerationSignal.Look);

    public async IAsyncEnumerable<StepsDone?> WatchAsync(GenerationId id, [EnumeratorCancellation] CancellationToken ct)
    {
        var messages = await redis.Multiplexer.GetSubscriber().SubscribeAsync(RedisKeys.GenerationChannel(id));
        try
        {
            await foreach (var message in messages.WithCancellation(ct))
                yield return GenerationSignal.Read(message.Message);
        }
        finally
        {
            // Without waiting: a watcher that leaves while Redis is away must not hang on it.
            await messages.UnsubscribeAsync(CommandFlags.FireAndForget);
        }
    }
}
