namespace MusicGen.Integration.Support;

/// <summary>What a server needs to start under each name of an environment.</summary>
public static class Environments
{
    public const string OwnOrigin = "https://music.test";

    /// <summary>Production's least, on one machine.</summary>
    public static (string Name, string Value)[] Production =>
    [
        ("ENVIRONMENT", "Production"), ("PUBLIC_URL", OwnOrigin), ("JWT_SECRET_KEY", "qL7wZ2mX9tLk4RbVp8Ys1Nf6Hd3Jc5GaE0uTiOoSe"),
        ("ALLOW_EMBEDDED_REDIS", "true"), ("EMAIL_VERIFICATION", "off"),
    ];

    /// <summary>The same under another name. ASPNETCORE_ENVIRONMENT says Development, as a launch profile does, and must not win.</summary>
    public static (string Name, string Value)[] Named(string name) => name == "Development"
        ? [("ENVIRONMENT", name)]
        : [("ENVIRONMENT", name.ToUpperInvariant()), ("ASPNETCORE_ENVIRONMENT", "Development"), .. Production[1..]];
}
