namespace MusicGen.Domain.Sessions;

/// <summary>How long a session lives: idle, restarted by each refresh, and absolute, never moved.</summary>
public sealed record SessionPolicy(TimeSpan Idle, TimeSpan Absolute, TimeSpan RememberedIdle, TimeSpan RememberedAbsolute)
{
    /// <summary>No session lives longer than this, however it was opened.</summary>
    public TimeSpan Longest => RememberedAbsolute > Absolute ? RememberedAbsolute : Absolute;

    public TimeSpan IdleFor(bool remembered) => remembered ? RememberedIdle : Idle;

    public TimeSpan AbsoluteFor(bool remembered) => remembered ? RememberedAbsolute : Absolute;
}
