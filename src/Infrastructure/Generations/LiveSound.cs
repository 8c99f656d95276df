using System.Runtime.CompilerServices;
using MusicGen.Application.Generations;
using MusicGen.Infrastructure.Inference.Audio;

namespace MusicGen.Infrastructure.Generations;

/// <summary>
/// A WAV file that grows in memory. Its whole length is known from the start, so nothing is ever dropped or moved, each
/// listener reads at its own pace, and the engine waits for none.
/// </summary>
/// <param name="begun">Called when the head of the file is there.</param>
/// <param name="ended">Called when nothing more will come.</param>
internal sealed class LiveSound(Action<LiveSound> begun, Action<LiveSound> ended) : ILiveSound
{
    // A listener is given so long for each piece, however far behind it is.
    private const int MostAtOnce = 64 * 1024;

    private byte[] _file = [];
    private MemoryStream _end = new();
    private WavBlocks? _writer;
    private TaskCompletionSource _more = LiveSounds.NewSignal();
    private int _made;
    private readonly CancellationTokenSource _over = new(); // never disposed: who listens may ask it later

    public void Begin(int sampleRate, int channels, long frames)
    {
        _file = new byte[WavWriter.Length(frames * channels, WavEncoding.Pcm16)];
        _end = new MemoryStream(_file);
        _writer = new WavBlocks(_end, frames, sampleRate, channels, WavEncoding.Pcm16);
        Publish();
        begun(this);
    }

    public void Hear(ReadOnlySpan<float> samples)
    {
        _writer!.Write(samples);
        Publish();
    }

    /// <summary>Of the whole file, in bytes.</summary>
    public int Length => _file.Length;

    /// <summary>Cancelled when nothing more will come.</summary>
    public CancellationToken Over => _over.Token;

    /// <summary>The file from its first byte on.</summary>
    public LiveFile Listen() => new(_file.Length, PartsAsync());

    /// <summary>The next bytes, as soon as they are made: 64 KB at most, and none when nothing more will come.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> ReadAsync(int at, CancellationToken ct)
    {
        while (at < _file.Length)
        {
            // The signal and the end are read before what they are about, so that nothing between is missed.
            var (more, isOver) = (Volatile.Read(ref _more).Task, _over.IsCancellationRequested);
            var count = Math.Min(MostAtOnce, Volatile.Read(ref _made) - at);
            if (count > 0)
                return _file.AsMemory(at, count);
            if (isOver)
                break;
            await more.WaitAsync(ct);
        }

        return default;
    }

    public void Dispose()
    {
        ended(this);
        _over.Cancel();
        Interlocked.Exchange(ref _more, LiveSounds.NewSignal()).SetResult();
    }

    private async IAsyncEnumerable<ReadOnlyMemory<byte>> PartsAsync([EnumeratorCancellation] CancellationToken ct = default)
    {
        for (var at = 0; await ReadAsync(at, ct) is { IsEmpty: false } part; at += part.Length)
            yield return part;
    }

    private void Publish()
    {
        Volatile.Write(ref _made, (int)_end.Position);
        Interlocked.Exchange(ref _more, LiveSounds.NewSignal()).SetResult();
    }
}
