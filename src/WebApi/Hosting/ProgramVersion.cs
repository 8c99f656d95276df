using System.Reflection;

namespace MusicGen.WebApi.Hosting;

/// <summary>The program's version, for its operator: in the log and on the command line, never over HTTP.</summary>
internal static class ProgramVersion
{
    /// <summary>As in 2.0.0, with the commit after a plus sign where the build knew it.</summary>
    public static string Text { get; } =
        typeof(ProgramVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
}
