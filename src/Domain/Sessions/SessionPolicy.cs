namespace MusicGen.Domain.Sessions;

/// <summary>How long a session lives: idle, restarted by each refresh, and absolute, never moved.</summary>
public sealed record SessionPolicy(TimeSpan Idle, TimeSpan Absolute, TimeSpan RememberedIdle, TimeSpan RememberedAbsolute)
{
    private static readonly TimeSpan LegacyTokens = TimeSpan.FromDays(30);

    /// <summary>No session lives longer than this, however it was opened.</summary>
    public TimeSpan Longest => RememberedAbsolute > Absolute ? RememberedAbsolute : Absolute;

    /// <summary>
    /// How long it is known that a user's sessions were cut off: also as long as refresh tokens of the original service
    /// lived, since one that was issued before must not open a session here (`/api/auth/migrate`).
    /// </summary>
    public TimeSpan CutOffsAreKept => Longest > LegacyTokens ? Longest : LegacyTokens;

    public TimeSpan IdleFor(bool remembered) => remembered ? RememberedIdle : Idle;

    public TimeSpan AbsoluteFor(bool remembered) => remembered ? RememberedAbsolute : Absolute;
}
