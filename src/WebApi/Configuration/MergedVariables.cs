namespace MusicGen.WebApi.Configuration;

/// <summary>The process's variables with those of a <c>.env</c> file beneath them, and which names stand in the file.</summary>
internal sealed class MergedVariables(IEnumerable<KeyValuePair<string, string>> process)
    : Dictionary<string, string>(process, StringComparer.Ordinal)
{
    /// <summary>Also those that the process overrides.</summary>
    public HashSet<string> NamesOfFile { get; } = new(StringComparer.Ordinal);
}
