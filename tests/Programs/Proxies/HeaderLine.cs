namespace MusicGen.Programs.Proxies;

/// <param name="Name">As it was written; names don't tell cases apart.</param>
/// <param name="Value">Without line breaks.</param>
internal sealed record HeaderLine(string Name, string Value)
{
    public bool IsNamed(string name) => Name.Equals(name, StringComparison.OrdinalIgnoreCase);
}
