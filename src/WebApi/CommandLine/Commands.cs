using System.CommandLine;
using MusicGen.WebApi.Hosting;

namespace MusicGen.WebApi.CommandLine;

/// <summary>The command line: serve, or one thing done beside a running server or without one.</summary>
internal static class Commands
{
    // A prompt may begin with an @, which would name a file of further arguments.
    private static readonly ParserConfiguration Parsing = new() { ResponseFileTokenReplacer = null };

    /// <summary>Runs what the arguments ask for.</summary>
    /// <param name="arguments">Nothing means serve.</param>
    /// <param name="variables">The environment's variables, those of <c>.env</c> included.</param>
    /// <returns>0 done, 2 bad usage, 1 failure.</returns>
    public static async Task<int> RunAsync(string[] arguments, IReadOnlyDictionary<string, string> variables)
    {
        var parsed = Tree(variables).Parse(arguments, Parsing);
        if (parsed.Errors.Count > 0)
            return Answer.Refuse([.. parsed.Errors.Select(e => e.Message).Distinct(StringComparer.Ordinal), "See --help."], Answer.BadUsage);

        try
        {
            var isServer = ServeCommand.Is(parsed.CommandResult.Command);
            return await parsed.InvokeAsync(new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = isServer ? null : TimeSpan.FromMinutes(1), // a server hears signals itself
            });
        }
        catch (CommandFailedException e)
        {
            return Answer.Refuse([e.Message], e.ExitCode);
        }
        catch (OperationCanceledException)
        {
            return Answer.Refuse(["Interrupted."]);
        }
        catch (Exception e) when (StartFailure.Describe(e) is { } lines)
        {
            return Answer.Refuse(lines);
        }
        catch (Exception e)
        {
            // The edge of the process, as there is one of HTTP: a database or Redis that is away, or a fault of ours.
            return Answer.Refuse([IsDebugging(variables) ? e.ToString() : $"{e.GetBaseException().Message} (LOG_LEVEL=Debug tells more.)"]);
        }
    }

    private static bool IsDebugging(IReadOnlyDictionary<string, string> variables) =>
        variables.TryGetValue("LOG_LEVEL", out var level) && level.Trim().ToUpperInvariant() is "DEBUG" or "TRACE" or "VERBOSE";

    private static RootCommand Tree(IReadOnlyDictionary<string, string> variables)
    {
        var root = new RootCommand("MusicGen: one sentence in, music out. Without a command it serves the page and the API.")
        {
            GenerateCommand.Create(variables),
            ComposeCorpusCommand.Create(),
            AuditionCommand.Create(),
            ModelsCommand.Create(variables),
            UsersCommand.Create(variables),
            NodesCommand.Create(variables),
            QueueCommand.Create(variables),
            TasksCommand.Create(variables),
            AuditCommand.Create(variables),
            KeysCommand.Create(variables),
            RetentionCommand.Create(variables),
            PasswordsCommand.Create(variables),
            BackupCommands.Backup(variables),
            BackupCommands.Restore(variables),
            MigrateCommand.Create(variables),
        };
        ServeCommand.AddTo(root, variables);
        return root;
    }
}
