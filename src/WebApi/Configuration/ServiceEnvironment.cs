namespace MusicGen.WebApi.Configuration;

/// <summary>Where this service runs: Development, or anything else, which follows Production's rules.</summary>
internal sealed record ServiceEnvironment
{
    private static readonly string[] Known = ["Development", "Staging", "Production"];

    private ServiceEnvironment(string name) => Name = name;

    public string Name { get; }

    public bool IsDevelopment => Name == "Development";

    public bool IsStaging => Name == "Staging";

    /// <summary>ENVIRONMENT, else ASPNETCORE_ENVIRONMENT, else Production; case is ignored.</summary>
    public static ServiceEnvironment Of(IReadOnlyDictionary<string, string> variables) =>
        new(Canonical(Named(variables, "ENVIRONMENT") ?? Named(variables, "ASPNETCORE_ENVIRONMENT") ?? "Production"));

    /// <summary>Whether any variable names an environment.</summary>
    public static bool IsNamed(IReadOnlyDictionary<string, string> variables) =>
        Named(variables, "ENVIRONMENT") is not null || Named(variables, "ASPNETCORE_ENVIRONMENT") is not null;

    private static string? Named(IReadOnlyDictionary<string, string> variables, string variable) =>
        variables.TryGetValue(variable, out var name) && !string.IsNullOrWhiteSpace(name) ? name.Trim() : null;

    private static string Canonical(string name) =>
        Array.Find(Known, k => k.Equals(name, StringComparison.OrdinalIgnoreCase)) ?? name;
}
