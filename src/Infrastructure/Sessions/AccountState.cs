using MusicGen.Domain.Identity;

namespace MusicGen.Infrastructure.Sessions;

/// <summary>What every request asks about its user, as the account hash holds it.</summary>
internal readonly record struct AccountState(int Role, int Tier, int Disabled)
{
    /// <summary>
    /// After this the database is asked again. So a change that reached the database but not Redis, because Redis was
    /// gone at that moment, still comes into force.
    /// </summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    public static AccountState Of(User user) => new((int)user.Role, (int)user.Tier, user.IsDisabled ? 1 : 0);
}
