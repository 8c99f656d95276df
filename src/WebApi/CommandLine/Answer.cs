using MusicGen.Domain;

namespace MusicGen.WebApi.CommandLine;

/// <summary>How a command ends: 0 done, 2 bad usage, 1 failure, with one clear line on standard error.</summary>
internal static class Answer
{
    public const int Done = 0;
    public const int Failure = 1;
    public const int BadUsage = 2;

    public static int Refuse(IReadOnlyList<string> lines, int exitCode = Failure)
    {
        foreach (var line in lines)
            Console.Error.WriteLine(line);
        return exitCode;
    }

    /// <summary>The value, or the reason why there is none as a failed command.</summary>
    /// <exception cref="CommandFailedException">It failed; bad values are bad usage.</exception>
    public static T Of<T>(Result<T> result)
    {
        if (result.IsSuccess)
            return result.Value;

        var error = result.Error;
        var text = error.Fields is { Count: > 0 } fields
            ? string.Join(" ", fields.Select(f => $"{f.Key}: {string.Join(' ', f.Value)}"))
            : error.Message;
        throw new CommandFailedException(text, error.Kind == ErrorKind.Invalid ? BadUsage : Failure);
    }
}
