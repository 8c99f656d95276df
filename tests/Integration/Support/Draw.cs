namespace MusicGen.Integration.Support;

/// <summary>A repeatable source of schedules (xorshift): crowds, trickles, rests of minutes and days.</summary>
internal sealed class Draw(uint seed)
{
    private uint _state = seed * 2654435761u;

    public int Below(int bound)
    {
        _state ^= _state << 13;
        _state ^= _state >> 17;
        _state ^= _state << 5;
        return (int)(_state % (uint)bound);
    }

    public double Pause() => Below(100) switch
    {
        < 45 => Below(40),
        < 75 => Below(2_000),
        < 92 => Below(60_000),
        < 99 => Below(1_800_000),
        _ => Below(2 * 86_400_000),
    };
}
