namespace MusicGen.WebApi.Configuration;

/// <summary>One environment variable and what becomes of it.</summary>
/// <param name="Name">As in <c>REDIS_URL</c>.</param>
/// <param name="Keys">The configuration keys that take its value; none for one that only the bootstrap reads, or that is retired.</param>
/// <param name="Read">Checks the value and writes it as the options classes want it; a FormatException says what is wrong.</param>
internal sealed record EnvironmentVariable(string Name, IReadOnlyList<string> Keys, Func<string, string> Read)
{
    public EnvironmentVariable(string name, string key, Func<string, string> read)
        : this(name, [key], read)
    {
    }

    /// <summary>Whether its items join those that other variables gave to the same list.</summary>
    public bool Joins { get; init; }

    /// <summary>Whether it is read in Staging only.</summary>
    public bool OnlyInStaging { get; init; }

    /// <summary>For a name of the original service that has no meaning here: what to do instead.</summary>
    public string? Advice { get; init; }

    /// <summary>Values of a retired name that say what holds anyway, and so pass without a word.</summary>
    public IReadOnlyList<string> Honoured { get; init; } = [];

    /// <summary>Whether a retired name would weaken the service if it were obeyed: outside Development it refuses the start.</summary>
    public bool Weakens { get; init; }

    /// <summary>A name of the original service whose effect is no longer to be had.</summary>
    public static EnvironmentVariable Retired(string name, bool weakens, string advice, params string[] honoured) =>
        new(name, [], VariableShape.Text) { Weakens = weakens, Advice = advice, Honoured = honoured };
}
