namespace MusicGen.Application.Generations.RunGeneration;

/// <summary>
/// Takes an engine's steps without ever holding it up, and publishes the latest five times a second at most, the last
/// one always.
/// </summary>
internal sealed class StepPublisher : IProgress<StepsDone>, IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private readonly IGenerationLease _lease;
    private readonly PeriodicTimer _timer;
    private readonly Task _publishing;
    private long _latest; // done and total in one word: the engine's thread writes while another reads
    private long _published;

    public StepPublisher(IGenerationLease lease, TimeProvider time)
    {
        _lease = lease;
        _timer = new PeriodicTimer(Interval, time);
        _publishing = PublishAllAsync();
    }

    public StepsDone Latest => Unpack(Interlocked.Read(ref _latest));

    public void Report(StepsDone value) => Interlocked.Exchange(ref _latest, ((long)value.Done << 32) | (uint)value.Total);

    public async ValueTask DisposeAsync()
    {
        _timer.Dispose();
        await _publishing;
        await PublishAsync();
    }

    private async Task PublishAllAsync()
    {
        while (await _timer.WaitForNextTickAsync())
            await PublishAsync();
    }

    private async Task PublishAsync()
    {
        var latest = Interlocked.Read(ref _latest);
        if (latest == _published)
            return;
        _published = latest;
        await _lease.PublishAsync(Unpack(latest), CancellationToken.None);
    }

    private static StepsDone Unpack(long word) => new((int)(word >> 32), (int)word);
}
