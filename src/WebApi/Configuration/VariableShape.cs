using System.Globalization;

namespace MusicGen.WebApi.Configuration;

/// <summary>What a variable may hold, and how it is written as a configuration value.</summary>
internal static class VariableShape
{
    public static string Text(string value) => value.Trim();

    /// <summary>As it stands: a password may begin with a blank.</summary>
    public static string Secret(string value) => value;

    /// <exception cref="FormatException">Not a whole number within the bounds.</exception>
    public static Func<string, string> Number(long least, long most) => value =>
        long.TryParse(value.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number.ToString(CultureInfo.InvariantCulture)
            : throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"must be a whole number from {least} to {most}."));

    /// <exception cref="FormatException">Not a number from 0 to 1.</exception>
    public static string Share(string value) =>
        double.TryParse(value.Trim(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var share) && share is >= 0 and <= 1
            ? share.ToString(CultureInfo.InvariantCulture)
            : throw new FormatException("must be a number from 0 to 1, as in 0.1.");

    /// <exception cref="FormatException">Neither true nor false.</exception>
    public static string Switch(string value) => value.Trim().ToLowerInvariant() switch
    {
        "true" or "1" or "yes" or "on" => "true",
        "false" or "0" or "no" or "off" => "false",
        _ => throw new FormatException("must be true or false."),
    };

    /// <exception cref="FormatException">None of the choices.</exception>
    public static Func<string, string> Choice(params string[] choices) => value =>
        Array.Find(choices, c => c.Equals(value.Trim(), StringComparison.OrdinalIgnoreCase))
        ?? throw new FormatException($"must be one of {string.Join(", ", choices)}.");

    /// <exception cref="FormatException">Not a whole number of minutes.</exception>
    public static string Minutes(string value) => Time(value, 1, 1440, m => TimeSpan.FromMinutes(m));

    /// <exception cref="FormatException">Not a whole number of days.</exception>
    public static string Days(string value) => Time(value, 1, 3650, d => TimeSpan.FromDays(d));

    /// <exception cref="FormatException">Not a whole number of seconds.</exception>
    public static string Seconds(string value) => Time(value, 0, 3600, s => TimeSpan.FromSeconds(s));

    /// <summary>A day or a moment, in UTC unless it says otherwise.</summary>
    /// <exception cref="FormatException">Neither.</exception>
    public static string Moment(string value) =>
        DateTimeOffset.TryParse(value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var moment)
            ? moment.ToString("O", CultureInfo.InvariantCulture)
            : throw new FormatException("must be a date, as in 2026-12-31.");

    /// <summary>A comma-separated list without blanks or empty items.</summary>
    public static string List(string value) =>
        string.Join(',', value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));

    /// <summary>Each domain as the two origins under which people reach it.</summary>
    public static string OriginsOfDomains(string value) =>
        string.Join(',', List(value).Split(',').SelectMany(d => new[] { $"https://{d}", $"https://www.{d}" }));

    /// <summary>A path, absolute from the folder of the caller.</summary>
    public static string FullPath(string value) => Path.GetFullPath(value.Trim());

    /// <summary>A list of paths.</summary>
    public static string Paths(string value) => string.Join(',', List(value).Split(',').Select(Path.GetFullPath));

    /// <summary>An http or https address without a slash at its end.</summary>
    /// <exception cref="FormatException">Not such an address.</exception>
    public static string Url(string value) =>
        Uri.TryCreate(value.Trim(), UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
            ? value.Trim().TrimEnd('/')
            : throw new FormatException("must be an address as in https://music.your-domain.org.");

    /// <summary>An address without a path: scheme, host and port.</summary>
    /// <exception cref="FormatException">Not an origin.</exception>
    public static string Origin(string value) =>
        Url(value) is var url && new Uri(url) is { AbsolutePath: "/", Query: "", Fragment: "", UserInfo: "" }
            ? url
            : throw new FormatException("must be an origin: scheme, host and port, without a path.");

    private static string Time(string value, long least, long most, Func<int, TimeSpan> unit) =>
        unit(int.Parse(Number(least, most)(value), CultureInfo.InvariantCulture)).ToString("c", CultureInfo.InvariantCulture);
}
