using MusicGen.Domain.Generations;
using MusicGen.Infrastructure.Redis;
using StackExchange.Redis;

namespace MusicGen.Infrastructure.Generations;

/// <summary>What the makers and the listeners of one sound tell each other: look again. A lost one costs a moment, no byte.</summary>
internal sealed class SoundSignals(IDatabase redis, GenerationId id) : IAsyncDisposable
{
    private ChannelMessageQueue? _messages;

    /// <summary>Whether Redis is away, or has lost what it was asked for.</summary>
    public static bool IsTrouble(Exception e) => e is RedisException or TimeoutException || Outages.IsOutage(e);

    /// <summary>Begins to listen; again is harmless.</summary>
    public async Task OpenAsync() => _messages ??= await redis.Multiplexer.GetSubscriber().SubscribeAsync(RedisKeys.LiveSoundChannel(id));

    public Task SendAsync() => redis.PublishAsync(RedisKeys.LiveSoundChannel(id), "look");

    /// <summary>Waits for a signal, or for a while.</summary>
    /// <param name="most">The while.</param>
    /// <param name="ct">Ends the waiting by an exception.</param>
    /// <param name="ends">End it too, without one.</param>
    public async Task WaitAsync(TimeSpan most, CancellationToken ct, params CancellationToken[] ends)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource([ct, .. ends]);
        patience.CancelAfter(most);
        try
        {
            await _messages!.ReadAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            ct.ThrowIfCancellationRequested();
        }
    }

    // Without waiting: who leaves while Redis is away must not hang on it.
    public async ValueTask DisposeAsync()
    {
        if (_messages is not null)
            await _messages.UnsubscribeAsync(CommandFlags.FireAndForget);
    }
}
