using MusicGen.WebApi.Configuration;

namespace MusicGen.Unit.WebApi.Configuration;

/// <summary>Settings as the program reads them from variables that a test names.</summary>
internal static class Settings
{
    public static readonly DateTimeOffset Today = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>What a Production service needs, and nothing else.</summary>
    public static (string Name, string Value)[] Production =>
    [
        ("ENVIRONMENT", "Production"),
        ("JWT_SECRET_KEY", "q7Zr1vX0mT4kB9sW2nHf8dLc6yEa3pGu"),
        ("PUBLIC_URL", "https://music.test"),
        ("REDIS_URL", "rediss://redis.test:6379"),
        ("SMTP_HOST", "smtp.test"),
        ("SMTP_FROM", "music@music.test"),
    ];

    public static ServiceSettings Read(params (string Name, string Value)[] variables) => Read(SettingsNeed.Service, variables);

    public static ServiceSettings Read(SettingsNeed need, params (string Name, string Value)[] variables) =>
        ServiceSettings.Read(variables.ToDictionary(v => v.Name, v => v.Value, StringComparer.Ordinal), need, Today);

    public static IReadOnlyList<string> Refusals(params (string Name, string Value)[] variables) =>
        Assert.Throws<StartRefusedException>(() => Read(variables)).Lines;

    /// <summary>Production with one thing changed; null removes.</summary>
    public static (string Name, string Value)[] ProductionBut(string name, string? value) =>
        [.. Production.Where(v => v.Name != name), .. value is null ? [] : new[] { (name, value) }];
}
