using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;
using MusicGen.Infrastructure.Identity;
using MusicGen.Infrastructure.Persistence;
using MusicGen.WebApi.Configuration;

namespace MusicGen.WebApi.Hosting;

/// <summary>Reasons not to start, as lines for the person who started it.</summary>
internal static class StartFailure
{
    /// <summary>The lines, or null for a fault of ours, which keeps its stack trace.</summary>
    public static IReadOnlyList<string>? Describe(Exception e) => e switch
    {
        StartRefusedException refused => refused.Lines,
        OptionsValidationException invalid => [.. invalid.Failures.Select(f => Describe(invalid.OptionsType, f))],
        AggregateException many when many.InnerExceptions.All(i => Describe(i) is not null) => [.. many.InnerExceptions.SelectMany(i => Describe(i)!)],
        IOException { InnerException: AddressInUseException } => [$"{e.Message} Stop what listens there, or choose another by --urls."],
        SocketException => [$"The address can't be listened at: {e.Message}"],
        TimeoutException or SigningKeysSealedException or DatabaseNewerException or DatabaseRightsException => [e.Message],
        _ => null,
    };

    // An options class knows its keys; people know the variables that set them. Some rules name theirs themselves.
    private static string Describe(Type options, string failure)
    {
        if (EnvironmentVariables.ByName.ContainsKey(failure.Split(':', ' ')[0]))
            return failure;
        var section = options.GetField("Section")?.GetRawConstantValue() as string;
        var variable = EnvironmentVariables.All.FirstOrDefault(v => v.Keys.Any(k => k.StartsWith($"{section}:", StringComparison.Ordinal)
            && failure.Contains(k[(k.LastIndexOf(':') + 1)..], StringComparison.Ordinal)));
        return variable is null ? $"{section}: {failure}" : $"{variable.Name}: {failure}";
    }
}
