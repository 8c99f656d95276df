using System.Collections;
using System.Globalization;

namespace MusicGen.WebApi.Configuration;

/// <summary>
/// The process's variables, and beneath them those of a <c>.env</c> file. The file never overrides the process, and names
/// an environment only where the process names none: a file that says Development must not soften a Production service.
/// </summary>
internal static class DotEnv
{
    public const string FileVariable = "MUSICGEN_ENV_FILE";

    /// <summary>What this process was started with, and the file of <see cref="FileVariable"/>, else the one beside the solution or the program.</summary>
    /// <exception cref="StartRefusedException">The file can't be read.</exception>
    public static IReadOnlyDictionary<string, string> ReadProcess()
    {
        var process = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
            process[(string)variable.Key] = (string?)variable.Value ?? string.Empty;

        var file = process.TryGetValue(FileVariable, out var named) ? named : Path.Combine(ProgramFolder.Home, ".env");
        if (named is { Length: > 0 } && !File.Exists(named))
            throw new StartRefusedException($"{FileVariable}: there is no file {named}.");
        return Merge(process, file);
    }

    /// <param name="process">The process's own variables.</param>
    /// <param name="file">A path; a file that isn't there adds nothing.</param>
    /// <exception cref="StartRefusedException">The file can't be read.</exception>
    public static IReadOnlyDictionary<string, string> Merge(IReadOnlyDictionary<string, string> process, string file)
    {
        var merged = new MergedVariables(process);
        if (!File.Exists(file))
            return merged;

        var environmentIsNamed = ServiceEnvironment.IsNamed(process);
        foreach (var (name, value) in Parse(file))
        {
            merged.NamesOfFile.Add(name);
            var namesEnvironment = name is "ENVIRONMENT" or "ASPNETCORE_ENVIRONMENT";
            if (!process.ContainsKey(name) && !(namesEnvironment && environmentIsNamed))
                merged[name] = value;
        }

        return merged;
    }

    private static List<KeyValuePair<string, string>> Parse(string file)
    {
        Sprache.Position? at;
        try
        {
            return [.. DotNetEnv.Env.NoEnvVars().Load(file)];
        }
        catch (Exception e) when (e is FormatException or Sprache.ParseException)
        {
            at = (e as Sprache.ParseException)?.Position; // all that is kept: its words quote the file, which holds secrets
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartRefusedException($"{file}: {e.Message}", e);
        }

        var place = at is null ? string.Empty : string.Create(CultureInfo.InvariantCulture, $" at line {at.Line}, column {at.Column}");
        throw new StartRefusedException($"{file}: makes no sense{place}. Each line is NAME=value; a value with blanks, # or $ stands in single quotes.");
    }
}
