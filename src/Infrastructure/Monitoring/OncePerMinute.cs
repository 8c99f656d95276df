namespace MusicGen.Infrastructure.Monitoring;

/// <summary>Keeps what fails at every turn of a loop from filling the log: it is told once a minute.</summary>
internal sealed class OncePerMinute(TimeProvider time)
{
    private long? _toldAt;

    /// <summary>Whether it is to be told now. For one loop's own use.</summary>
    public bool IsDue()
    {
        if (_toldAt is { } at && time.GetElapsedTime(at) < TimeSpan.FromMinutes(1))
            return false;
        _toldAt = time.GetTimestamp();
        return true;
    }
}
