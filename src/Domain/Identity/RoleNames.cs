namespace MusicGen.Domain.Identity;

public static class RoleNames
{
    public const string Choices = "Choose user or admin.";

    public static bool TryParse(string? text, out Role role)
    {
        Role? found = text?.ToLowerInvariant() switch
        {
            "user" => Role.User,
            "admin" => Role.Admin,
            _ => null,
        };
        role = found ?? Role.User;
        return found is not null;
    }
}
