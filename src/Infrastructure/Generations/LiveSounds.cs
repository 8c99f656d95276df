using System.Collections.Concurrent;
using MusicGen.Application.Generations;
using MusicGen.Domain.Generations;

namespace MusicGen.Infrastructure.Generations;

/// <summary>The sounds that this process is making, by their tasks; there are as many as workers.</summary>
internal sealed class LiveSounds : ILiveSounds
{
    private readonly ConcurrentDictionary<GenerationId, LiveSound> _sounds = new();
    private TaskCompletionSource _another = NewSignal();

    public ILiveSound Open(GenerationId id, long lease) => Open(id, _ => { });

    /// <param name="id">The task.</param>
    /// <param name="begun">Called when there is something to hear.</param>
    public ILiveSound Open(GenerationId id, Action<LiveSound> begun) => new LiveSound(
        sound =>
        {
            Add(id, sound);
            begun(sound);
        },
        sound => _sounds.TryRemove(KeyValuePair.Create(id, sound)));

    public async Task<LiveFile> FindAsync(GenerationId id, CancellationToken ct)
    {
        while (true)
        {
            var another = Volatile.Read(ref _another).Task; // before the look, or one that begins right after it is missed
            if (_sounds.TryGetValue(id, out var sound))
                return sound.Listen();
            await another.WaitAsync(ct);
        }
    }

    internal static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Add(GenerationId id, LiveSound sound)
    {
        _sounds[id] = sound;
        Interlocked.Exchange(ref _another, NewSignal()).SetResult();
    }
}
