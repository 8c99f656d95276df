namespace MusicGen.Domain.Identity;

/// <summary>What a user pays for: decides limits, quotas and the queue.</summary>
public enum Tier
{
    Free = 0,
    Premium = 1,
    Enterprise = 2,
}

public static class TierNames
{
    /// <summary>Reads a tier's name; the original service called premium also <c>pro</c>.</summary>
    public static bool TryParse(string? text, out Tier tier)
    {
        Tier? found = text?.ToLowerInvariant() switch
        {
            "free" => Tier.Free,
            "premium" or "pro" => Tier.Premium,
            "enterprise" => Tier.Enterprise,
            _ => null,
        };
        tier = found ?? Tier.Free;
        return found is not null;
    }

    public static string Name(this Tier tier) => tier switch
    {
        Tier.Free => "free",
        Tier.Premium => "premium",
        Tier.Enterprise => "enterprise",
        _ => throw new ArgumentOutOfRangeException(nameof(tier), tier, "There is no such tier."),
    };

    public static string Name(this Role role) => role switch
    {
        Role.User => "user",
        Role.Admin => "admin",
        _ => throw new ArgumentOutOfRangeException(nameof(role), role, "There is no such role."),
    };
}
