using System.Text.RegularExpressions;

namespace MusicGen.WebApi.Configuration;

/// <summary>Names that look like settings of ours and are none: a slip of the pen would set nothing, in silence.</summary>
internal static partial class UnknownVariables
{
    // Others' variables don't begin so, but for those below; LOG_, OTEL_ or HF_ are other people's as well.
    private static readonly string[] Ours =
        ["S3_", "REDIS_", "QUEUE_", "NODE_", "SMTP_", "JWT_", "AUDIO_", "INFERENCE_", "PASSWORD_HASHING_", "AUTH_LEGACY_"];

    // Node.js's own, where it is installed beside us.
    private static readonly string[] OfNodeJs =
        ["NODE_ENV", "NODE_OPTIONS", "NODE_PATH", "NODE_VERSION", "NODE_EXTRA_CA_CERTS"];

    /// <summary>A misspelt limit would leave the numbers that somebody meant to change: a line for each, which refuses the start.</summary>
    public static IEnumerable<string> Limits(IEnumerable<string> names) => names
        .Where(n => IsLimit(n) && !EnvironmentVariables.ByName.ContainsKey(n))
        .Order(StringComparer.Ordinal)
        .Select(n => $"{n}: there is no such limit. .env.example lists them all.");

    /// <summary>A line for each other one, which only warns: the process's variables are not ours alone.</summary>
    public static IEnumerable<string> Others(IReadOnlyDictionary<string, string> variables) =>
        ((variables as MergedVariables)?.NamesOfFile ?? []).Union(variables.Keys.Where(IsOurs), StringComparer.Ordinal)
            .Where(n => !IsLimit(n) && !EnvironmentVariables.ByName.ContainsKey(n))
            .Order(StringComparer.Ordinal)
            .Select(n => $"{n}: has no effect, since there is no such setting. .env.example lists them all.");

    private static bool IsLimit(string name) =>
        name.StartsWith("RATE_LIMIT_", StringComparison.Ordinal) || name.StartsWith("QUOTA_", StringComparison.Ordinal);

    private static bool IsOurs(string name) =>
        Array.Exists(Ours, p => name.StartsWith(p, StringComparison.Ordinal)) && !OfNodeJs.Contains(name, StringComparer.Ordinal) && !OfKubernetes().IsMatch(name);

    // What Kubernetes gives a pod for every service beside it, as for one named redis.
    [GeneratedRegex("_SERVICE_(HOST|PORT(_.+)?)$|_PORT(_[0-9]+_(TCP|UDP|SCTP)(_(ADDR|PORT|PROTO))?)?$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex OfKubernetes();
}
