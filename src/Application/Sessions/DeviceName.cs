namespace MusicGen.Application.Sessions;

/// <summary>
/// A device as its owner knows it, as in "Firefox on Windows". The header of a client may hold anything, so whatever the
/// answer says comes from the tables here, never from the header.
/// </summary>
public static class DeviceName
{
    public const string Unknown = "An unknown device";
    public const string Program = "A program";

    private const int Longest = 512;

    // The first that fits counts: most browsers also name those that they resemble.
    private static readonly (string Mark, string Name)[] Browsers =
    [
        ("Edg/", "Edge"), ("EdgA/", "Edge"), ("EdgiOS/", "Edge"), ("Edge/", "Edge"), ("OPR/", "Opera"), ("Opera", "Opera"),
        ("SamsungBrowser/", "Samsung Internet"), ("Vivaldi/", "Vivaldi"), ("YaBrowser/", "Yandex Browser"), ("DuckDuckGo/", "DuckDuckGo"),
        ("Ddg/", "DuckDuckGo"), ("FxiOS/", "Firefox"), ("Firefox/", "Firefox"), ("HeadlessChrome/", "Chromium"), ("Chromium/", "Chromium"),
        ("CriOS/", "Chrome"), ("Chrome/", "Chrome"), ("Safari/", "Safari"),
    ];

    private static readonly (string Mark, string Name)[] Systems =
    [
        ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("CrOS", "ChromeOS"), ("Windows", "Windows"),
        ("Mac OS X", "macOS"), ("Macintosh", "macOS"), ("Linux", "Linux"),
    ];

    // These say at once what they are.
    private static readonly (string Mark, string Name)[] Programs =
    [
        ("curl/", "curl"), ("Wget/", "Wget"), ("python", "A Python script"), ("aiohttp/", "A Python script"), ("node", "A Node.js script"),
        ("axios/", "A Node.js script"), ("undici", "A Node.js script"), ("Go-http-client/", "A Go program"), ("okhttp/", "A Java program"),
        ("Java/", "A Java program"), ("PostmanRuntime/", "Postman"),
    ];

    public static string Of(string? userAgent)
    {
        if (string.IsNullOrWhiteSpace(userAgent))
            return Unknown;
        var text = userAgent.AsSpan(0, Math.Min(userAgent.Length, Longest));
        if (text.Contains("PowerShell/", StringComparison.Ordinal))
            return "PowerShell";
        if (!text.StartsWith("Mozilla/", StringComparison.Ordinal) && !text.StartsWith("Opera/", StringComparison.Ordinal))
            return Beginning(text) ?? Program;

        return (Find(Browsers, text), Find(Systems, text)) switch
        {
            ({ } browser, { } system) => $"{browser} on {system}",
            ({ } browser, null) => browser,
            (null, { } system) => $"A browser on {system}",
            _ => Program,
        };
    }

    private static string? Find((string Mark, string Name)[] table, ReadOnlySpan<char> text)
    {
        foreach (var (mark, name) in table)
        {
            if (text.Contains(mark, StringComparison.Ordinal))
                return name;
        }

        return null;
    }

    private static string? Beginning(ReadOnlySpan<char> text)
    {
        foreach (var (mark, name) in Programs)
        {
            if (text.StartsWith(mark, StringComparison.OrdinalIgnoreCase))
                return name;
        }

        return null;
    }
}
