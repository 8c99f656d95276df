namespace MusicGen.Domain.Sessions;

/// <summary>How long a session lives: idle, restarted by each refresh, and absolute, never moved.</summary>
public sealed record SessionPolicy(TimeSpan Idle, TimeSpan Absolute, TimeSpan RememberedIdle, TimeSpan RememberedAbsolute)
{
    public TimeSpan IdleFor(bool remembered) => remembered ? RememberedIdle : Idle;

    public TimeSpan AbsoluteFor(bool remembered) => remembered ? RememberedAbsolute : Absolute;
}
