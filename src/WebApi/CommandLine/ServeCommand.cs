using System.CommandLine;
using MusicGen.WebApi.Hosting;

namespace MusicGen.WebApi.CommandLine;

/// <summary>Serves until it is asked to stop.</summary>
internal static class ServeCommand
{
    private const string Name = "serve";

    /// <summary>Adds <c>serve</c>, and makes it what no command means.</summary>
    public static void AddTo(RootCommand root, IReadOnlyDictionary<string, string> variables)
    {
        var serve = new Command(Name, "Serve the page and the API (the default).");
        foreach (var command in new[] { root, serve })
        {
            var urls = new Option<string>("--urls") { Description = $"Where to listen, separated by semicolons. [default: {ServiceDefaults.Urls}]", HelpName = "URL" };
            urls.Validators.Add(option =>
            {
                if (option.GetValueOrDefault<string>() is { } value && !value.Split(';', StringSplitOptions.TrimEntries).All(IsAddress))
                    option.AddError($"--urls: '{value}' is not an address as in http://localhost:8000.");
            });
            command.Options.Add(urls);
            command.SetAction((parsed, _) => RunAsync(variables, parsed.GetValue(urls)));
        }

        root.Subcommands.Insert(0, serve);
    }

    /// <summary>Whether a command is the one that serves.</summary>
    public static bool Is(Command command) => command is RootCommand or { Name: Name };

    private static bool IsAddress(string text)
    {
        try
        {
            return BindingAddress.Parse(text).Scheme is "http" or "https";
        }
        catch (FormatException)
        {
            return false;
        }
    }

    private static async Task<int> RunAsync(IReadOnlyDictionary<string, string> variables, string? urls)
    {
        using var signals = new StopSignals();
        await using var server = await ServerHost.StartAsync(variables, urls, signals.Asked);
        Console.WriteLine($"MusicGen listens at {server.Address.GetLeftPart(UriPartial.Authority)} ({server.Settings.Environment.Name}), data in {server.Folder.Path}");
        return await UntilStoppedAsync(server, signals.Asked);
    }

    /// <summary>Waits for a server's end.</summary>
    /// <returns>A failure where nobody asked for it, so that a supervisor starts it again: a part of it broke, which the log tells.</returns>
    internal static async Task<int> UntilStoppedAsync(ServerHost server, CancellationToken asked)
    {
        await server.WaitForShutdownAsync(asked);
        return asked.IsCancellationRequested ? Answer.Done : Answer.Refuse(["MusicGen stopped because a part of it broke; the log says which."]);
    }
}
