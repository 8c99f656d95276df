namespace MusicGen.Programs;

/// <summary>A clock that stands still until it is moved: hours and days of a script's time pass in seconds.</summary>
internal sealed class HandClock : TimeProvider
{
    private long _ticks = System.GetUtcNow().Ticks;

    public void Advance(TimeSpan by) => Interlocked.Add(ref _ticks, by.Ticks);

    public void Set(DateTimeOffset now) => Interlocked.Exchange(ref _ticks, now.UtcTicks);

    public override DateTimeOffset GetUtcNow() => new(Interlocked.Read(ref _ticks), TimeSpan.Zero);
}
