namespace MusicGen.Domain.Identity;

/// <summary>
/// One row that everybody writes who makes an administrator cease to be one. Its version is checked as it is written, so
/// of two who do so at once, each counting on the other's administrator to stay, the second has to look again.
/// </summary>
public sealed class AdminRoster
{
    public const int OnlyId = 1;

    private AdminRoster()
    {
    }

    public int Id { get; private set; } = OnlyId;

    /// <summary>How many have gone since the table was made.</summary>
    public long Version { get; private set; }

    public void NoteDeparture() => Version++;
}
