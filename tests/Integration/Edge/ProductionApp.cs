namespace MusicGen.Integration.Edge;

/// <summary>A server by Production's rules behind a proxy on this machine, with the longest names that settings allow.</summary>
public sealed class ProductionApp : IAsyncLifetime
{
    private MusicGenApp? _app;

    public Uri Address => App.Address;

    internal MusicGenApp App => _app!;

    public async ValueTask InitializeAsync() => _app = await MusicGenApp.StartAsync(
        ("ENVIRONMENT", "Production"), ("PUBLIC_URL", "https://localhost"), ("JWT_SECRET_KEY", "qL7wZ2mX9tLk4RbVp8Ys1Nf6Hd3Jc5GaE0uTiOoSe"),
        ("ALLOW_EMBEDDED_REDIS", "true"), ("EMAIL_VERIFICATION", "off"), ("INTERNAL_API_KEYS", "key-of-the-monitoring-0123456789"),
        ("JWT_ISSUER", new string('i', 200)), ("JWT_AUDIENCE", new string('a', 200)), ("RATE_LIMIT_FREE_BURST", "100"), ("RATE_LIMIT_FREE_MINUTE", "1000"),
        ("RATE_LIMIT_FREE_HOUR", "10000"), ("RATE_LIMIT_FREE_DAY", "100000"), ("RATE_LIMIT_REGISTER_MINUTE", "1000"));

    public ValueTask DisposeAsync() => App.DisposeAsync();
}
