using System.Globalization;

namespace MusicGen.WebApi.Configuration;

/// <summary>The environment's variables as configuration keys, checked against the table and the rules of the environment.</summary>
internal sealed class ServiceSettings
{
    private readonly Dictionary<string, string?> _values = new(StringComparer.OrdinalIgnoreCase);

    private ServiceSettings(ServiceEnvironment environment) => Environment = environment;

    public ServiceEnvironment Environment { get; }

    /// <summary>Configuration keys, as in <c>Redis:ConnectionString</c>.</summary>
    public IReadOnlyDictionary<string, string?> Values => _values;

    /// <summary>Variables that have no effect here, a line each.</summary>
    public IReadOnlyList<string> Warnings { get; private set; } = [];

    public string? this[string key]
    {
        get => _values.GetValueOrDefault(key);
        set => _values[key] = value;
    }

    /// <param name="variables">The process's variables and those of <c>.env</c>.</param>
    /// <param name="need">What they are needed for: making music alone asks for nothing else to be right.</param>
    /// <param name="today">For a date that must not lie too far ahead.</param>
    /// <exception cref="StartRefusedException">A line for every variable at fault.</exception>
    public static ServiceSettings Read(IReadOnlyDictionary<string, string> variables, SettingsNeed need, DateTimeOffset today)
    {
        var settings = new ServiceSettings(ServiceEnvironment.Of(variables));
        var faults = new List<string>();
        var warnings = new List<string>();
        foreach (var variable in EnvironmentVariables.All)
        {
            if (variables.TryGetValue(variable.Name, out var value) && !string.IsNullOrWhiteSpace(value) && IsNeeded(variable, need))
                settings.Take(variable, value, faults, warnings);
        }

        if (need == SettingsNeed.Service)
        {
            faults.AddRange(UnknownVariables.Limits(variables.Keys));
            warnings.AddRange(UnknownVariables.Others(variables));
            faults.AddRange(StartRules.Check(settings, today));
        }

        if (faults.Count > 0)
            throw new StartRefusedException(faults);
        settings.Warnings = warnings;
        settings.JoinRedisParts();
        return settings;
    }

    /// <summary>Sets what no variable did.</summary>
    public void Default(string key, string? value)
    {
        if (_values.GetValueOrDefault(key) is null)
            _values[key] = value;
    }

    public bool Is(string key) => _values.GetValueOrDefault(key) == "true";

    private static bool IsNeeded(EnvironmentVariable variable, SettingsNeed need) => need switch
    {
        SettingsNeed.Service => true,
        SettingsNeed.Database => HasKeyIn(variable, "Server:", "Data:", "Database:"),
        SettingsNeed.Passwords => HasKeyIn(variable, "Server:Log", "BreachedPasswords:"),
        _ => HasKeyIn(variable, "Server:Log", "Data:", "Inference:"),
    };

    private static bool HasKeyIn(EnvironmentVariable variable, params string[] sections) =>
        variable.Keys.Any(k => Array.Exists(sections, s => k.StartsWith(s, StringComparison.Ordinal)));

    private void Take(EnvironmentVariable variable, string value, List<string> faults, List<string> warnings)
    {
        if (variable.OnlyInStaging && !Environment.IsStaging)
            return;
        if (variable.Advice is { } advice)
        {
            if (!variable.Honoured.Contains(value.Trim(), StringComparer.OrdinalIgnoreCase))
                (variable.Weakens && !Environment.IsDevelopment ? faults : warnings).Add($"{variable.Name}: has no effect. {advice}");
            return;
        }

        if (SampleValues.IsSample(value))
        {
            if (!Environment.IsDevelopment)
                faults.Add($"{variable.Name}: still holds the sample of .env.example. Give it a value of your own, or remove it.");
            return;
        }

        try
        {
            var read = variable.Read(value);
            foreach (var key in variable.Keys)
                Set(key, read, variable.Joins);
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            faults.Add($"{variable.Name}: {e.Message}");
        }
    }

    private void Set(string key, string value, bool joins)
    {
        if (!_values.TryGetValue(key, out var earlier) || earlier is null)
            _values[key] = value;
        else if (joins)
            _values[key] = $"{earlier},{value}";
    }

    private void JoinRedisParts()
    {
        if (this["Server:RedisHost"] is { } host)
        {
            Default("Redis:ConnectionString", string.Create(
                CultureInfo.InvariantCulture, $"{host}:{this["Server:RedisPort"] ?? "6379"},defaultDatabase={this["Server:RedisDatabase"] ?? "0"}"));
        }
    }
}

/// <summary>How much of the configuration a command depends on.</summary>
internal enum SettingsNeed
{
    /// <summary>Everything, under the rules of the environment.</summary>
    Service,

    /// <summary>The database's shape only.</summary>
    Database,

    /// <summary>The lists of breached passwords only.</summary>
    Passwords,

    /// <summary>Engines and models only: no secret, Redis or database.</summary>
    Music,
}
