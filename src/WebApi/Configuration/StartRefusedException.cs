namespace MusicGen.WebApi.Configuration;

/// <summary>The program won't start as it is configured; each line says what is at fault and what to do.</summary>
internal sealed class StartRefusedException : Exception
{
    public StartRefusedException(IReadOnlyList<string> lines)
        : base(string.Join(Environment.NewLine, lines)) => Lines = lines;

    public StartRefusedException(string line)
        : this([line])
    {
    }

    public StartRefusedException()
        : this("The program can't start.")
    {
    }

    public StartRefusedException(string line, Exception inner)
        : base(line, inner) => Lines = [line];

    public IReadOnlyList<string> Lines { get; }
}
