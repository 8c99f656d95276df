namespace MusicGen.Domain.Identity;

/// <summary>Scopes as the wire spells them.</summary>
public static class TokenScopeNames
{
    public const string Choices = "Choose from generate, read and admin.";

    private static readonly (string Name, TokenScopes Scope)[] All =
        [("generate", TokenScopes.Generate), ("read", TokenScopes.Read), ("admin", TokenScopes.Admin)];

    public static IReadOnlyList<string> Names(this TokenScopes scopes) => [.. All.Where(s => scopes.HasFlag(s.Scope)).Select(s => s.Name)];

    /// <summary>False for an unknown name, a repeated one, and none at all.</summary>
    public static bool TryParse(IReadOnlyCollection<string?>? names, out TokenScopes scopes)
    {
        scopes = TokenScopes.None;
        foreach (var name in names ?? [])
        {
            var scope = Array.Find(All, s => string.Equals(s.Name, name, StringComparison.Ordinal)).Scope;
            if (scope == TokenScopes.None || scopes.HasFlag(scope))
                return false;
            scopes |= scope;
        }

        return scopes != TokenScopes.None;
    }
}
