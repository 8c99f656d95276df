namespace MusicGen.WebApi.CommandLine;

/// <summary>A command can't do what was asked; the message is the one line that people read.</summary>
internal sealed class CommandFailedException : Exception
{
    public CommandFailedException(string message, int exitCode = Answer.Failure)
        : base(message) => ExitCode = exitCode;

    public CommandFailedException()
        : this("The command failed.")
    {
    }

    public CommandFailedException(string message)
        : this(message, Answer.Failure)
    {
    }

    public CommandFailedException(string message, Exception inner)
        : base(message, inner) => ExitCode = Answer.Failure;

    public int ExitCode { get; }

    /// <summary>The command was asked for in a way that it can't be.</summary>
    public static CommandFailedException Usage(string message) => new(message, Answer.BadUsage);
}
