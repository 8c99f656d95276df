using MusicGen.Application.Generations;
using MusicGen.Domain.Generations;
using MusicGen.Infrastructure.Generations;
using MusicGen.Infrastructure.Inference.Audio;

namespace MusicGen.Unit.Infrastructure.Generations;

/// <summary>A file that is heard while it grows: by the quick, the late and those who take nothing.</summary>
public sealed class LiveSoundTests
{
    private const int Rate = 8000;
    private const int Frames = 100_000;

    private static readonly float[] Samples = [.. Enumerable.Range(0, Frames * 2).Select(i => MathF.Sin(i * 0.01f) * 1.2f)];

    private readonly LiveSounds _sounds = new();
    private readonly GenerationId _task = new(Guid.CreateVersion7());

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whoever_listens_gets_the_file_byte_for_byte_whenever_they_come()
    {
        var waiting = _sounds.FindAsync(_task, Ct);
        using var sound = _sounds.Open(_task, lease: 1);
        Assert.False(waiting.IsCompleted);

        sound.Begin(Rate, 2, Frames);
        var first = AllAsync((await waiting).Parts);
        Hear(sound, 0, 70_001);
        var second = AllAsync((await _sounds.FindAsync(_task, Ct)).Parts);
        Hear(sound, 70_001, Samples.Length);
        var late = await AllAsync((await _sounds.FindAsync(_task, Ct)).Parts);

        using var file = new MemoryStream();
        WavWriter.Write(file, Samples, Rate, 2, WavEncoding.Pcm16);
        Assert.Equal(file.ToArray(), late);
        Assert.Equal(late, await first);
        Assert.Equal(late, await second);
        Assert.Equal(late.Length, (await _sounds.FindAsync(_task, Ct)).Length);
    }

    [Fact]
    public async Task A_listener_that_takes_nothing_holds_up_neither_the_engine_nor_others()
    {
        using var sound = _sounds.Open(_task, lease: 1);
        sound.Begin(Rate, 2, Frames);
        await using var stalled = (await _sounds.FindAsync(_task, Ct)).Parts.GetAsyncEnumerator(Ct);
        Assert.True(await stalled.MoveNextAsync());

        Hear(sound, 0, Samples.Length); // returns although nobody takes anything

        Assert.Equal((await _sounds.FindAsync(_task, Ct)).Length, (await AllAsync((await _sounds.FindAsync(_task, Ct)).Parts)).Length);
        Assert.Equal(44, stalled.Current.Length); // the head, as it was
        Assert.True(await stalled.MoveNextAsync());
        Assert.Equal(64 * 1024, stalled.Current.Length);
    }

    [Fact]
    public async Task A_sound_that_is_cut_off_ends_early_for_those_who_listen_and_is_not_found_again()
    {
        var sound = _sounds.Open(_task, lease: 1);
        sound.Begin(Rate, 2, Frames);
        var live = await _sounds.FindAsync(_task, Ct);
        var heard = AllAsync(live.Parts);
        Hear(sound, 0, 1000);

        sound.Dispose();

        Assert.Equal(44 + 2000, (await heard).Length);
        Assert.True(live.Length > 44 + 2000);
        var again = _sounds.FindAsync(_task, Ct);
        Assert.False(again.IsCompleted);
        using var next = _sounds.Open(_task, lease: 1); // another worker of this process took the task up
        next.Begin(Rate, 2, Frames);
        sound.Dispose();
        Assert.Equal(live.Length, (await again).Length);
        Assert.True(_sounds.FindAsync(_task, Ct).IsCompleted);
    }

    [Fact]
    public async Task A_listener_that_leaves_stops_waiting()
    {
        using var leave = new CancellationTokenSource();
        var waiting = _sounds.FindAsync(_task, leave.Token);
        using var sound = _sounds.Open(new GenerationId(Guid.CreateVersion7()), lease: 1);
        sound.Begin(Rate, 1, Frames); // somebody else's

        Assert.False(waiting.IsCompleted);
        await leave.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    private static void Hear(ISoundListener sound, int from, int to)
    {
        for (var at = from; at < to; at += 4096)
            sound.Hear(Samples.AsSpan(at, Math.Min(4096, to - at)));
    }

    private static async Task<byte[]> AllAsync(IAsyncEnumerable<ReadOnlyMemory<byte>> parts)
    {
        using var all = new MemoryStream();
        await foreach (var part in parts)
            all.Write(part.Span);
        return all.ToArray();
    }
}
