using System.Globalization;
using System.Text.RegularExpressions;

namespace MusicGen.Domain.Generations;

/// <summary>A length that a description names: "30 seconds", "two minutes", "1:30", "half a minute".</summary>
/// <param name="Seconds">Above 0.</param>
/// <param name="Start">Where in the text it begins.</param>
/// <param name="Words">As they stand there.</param>
public sealed partial record SpokenDuration(double Seconds, int Start, string Words)
{
    private static readonly string[] Numbers = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];

    // Longer numbers are no lengths of music.
    private const double Longest = 36000;

    /// <summary>The first length in a text, or null. A bare "80s" is a decade and none.</summary>
    public static SpokenDuration? Find(string? text)
    {
        if (text is null)
            return null;
        foreach (Match match in Pattern().Matches(text))
        {
            if (StandsAlone(text, match) && Read(match) is > 0 and <= Longest and var seconds)
                return new SpokenDuration(seconds, match.Index, match.Value);
        }

        return null;
    }

    /// <summary>The length that a request gets from its words: what they say, within what everybody may ask for.</summary>
    public static double? ForRequest(string? prompt) => Find(prompt) is { } spoken
        ? Math.Round(Math.Clamp(spoken.Seconds, ClipDuration.MinSeconds, ClipDuration.MaxFor(Identity.Tier.Free)), 3)
        : null;

    // Not the end of "1.30 seconds" or of the time of day 12:01:30.
    private static bool StandsAlone(string text, Match match)
    {
        var (before, after) = (match.Index - 1, match.Index + match.Length);
        return !(before >= 0 && text[before] is '.' or ':') && !(match.Groups["m"].Success && after < text.Length && text[after] is ':');
    }

    private static double Read(Match match)
    {
        if (match.Groups["m"].Success)
            return (60 * Number(match.Groups["m"].Value)) + Number(match.Groups["s"].Value);
        if (match.Groups["half"].Success)
            return 30;
        var number = Number(match.Groups["n"].Value);
        var unit = match.Groups["u"].Value;
        var isMinutes = unit.StartsWith("m", StringComparison.OrdinalIgnoreCase);
        return isMinutes ? 60 * (number + (match.Groups["more"].Success ? 0.5 : 0)) : IsDecade(number, match) ? 0 : number;
    }

    // "80s" is music of the eighties; "30s" and "45s" are lengths.
    private static bool IsDecade(double number, Match match) =>
        match.Groups["u"].Value is "s" or "S" && !match.Groups["gap"].Success && number is 20 or 50 or 60 or 70 or 80 or 90 or >= 1000;

    private static double Number(string text)
    {
        var word = Array.IndexOf(Numbers, text.ToLowerInvariant());
        return word >= 0 ? word + 1 : text is "a" or "A" ? 1 : double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) ? number : 0;
    }

    [GeneratedRegex(
        @"\b(?:(?<m>\d{1,3}):(?<s>[0-5]\d)\b|(?<half>half a minute)|(?<n>\d{1,5}(?:\.\d{1,3})?|a|one|two|three|four|five|six|seven|eight|nine|ten)(?<gap>[\s-]{1,2})?(?<u>seconds?|secs?|s|minutes?|mins?)\b(?<more> and a half)?)",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Pattern();
}
