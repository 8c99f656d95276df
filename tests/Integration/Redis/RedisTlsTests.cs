using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using MusicGen.Infrastructure.Redis;
using MusicGen.Integration.Support;
using MusicGen.Programs;
using MusicGen.WebApi.Hosting;
using StackExchange.Redis;

namespace MusicGen.Integration.Redis;

/// <summary>A redis-server whose certificate an authority of the operator's own has signed.</summary>
public sealed class RedisTlsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("musicgen-redis-tls-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Only_the_authority_that_REDIS_CA_FILE_names_may_vouch_for_it()
    {
        Assert.SkipUnless(RunningRedis.IsInstalled, "redis-server isn't on this machine.");
        var port = Ports.Free();
        var (own, other) = (WriteAuthority("own", signs: true), WriteAuthority("other", signs: false));
        using var server = Process.Start(new ProcessStartInfo("redis-server")
        {
            ArgumentList =
            {
                "--port", "0", "--tls-port", $"{port}", "--bind", "127.0.0.1", "--dir", _folder, "--save", string.Empty, "--logfile", "redis.log",
                "--tls-cert-file", File("server.crt"), "--tls-key-file", File("server.key"), "--tls-ca-cert-file", own, "--tls-auth-clients", "no",
            },
        })!;
        try
        {
            Assert.True(await ConnectsAsync(port, own, attempts: 50), "It doesn't connect by its own authority.");
            Assert.False(await ConnectsAsync(port, other, attempts: 1), "Another authority vouched for it.");
            Assert.False(await ConnectsAsync(port, authority: null, attempts: 1), "Nobody vouches for it, and it connects.");
        }
        finally
        {
            server.Kill();
            await server.WaitForExitAsync(CancellationToken.None);
        }
    }

    [Theory]
    [InlineData(null, "can't be read")]
    [InlineData("no certificate at all", "holds no CERTIFICATE in PEM")]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "can't be read")]
    public async Task A_file_that_names_no_authority_refuses_the_start_by_its_variable(string? content, string reason)
    {
        if (content is not null)
            await System.IO.File.WriteAllTextAsync(File("ca.pem"), content, TestContext.Current.CancellationToken);

        var refused = await Assert.ThrowsAsync<OptionsValidationException>(() => ConnectsAsync(Ports.Free(), File("ca.pem"), attempts: 1));

        var line = Assert.Single(StartFailure.Describe(refused)!);
        Assert.StartsWith("REDIS_CA_FILE: ", line, StringComparison.Ordinal);
        Assert.Contains(reason, line, StringComparison.Ordinal);
    }

    private static async Task<bool> ConnectsAsync(int port, string? authority, int attempts)
    {
        for (var attempt = 0; attempt < attempts; attempt++)
        {
            var settings = new Dictionary<string, string?>(StringComparer.Ordinal)
            {
                ["Redis:ConnectionString"] = $"rediss://127.0.0.1:{port}",
                ["Redis:CaFile"] = authority,
            };
            var services = new ServiceCollection();
            services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(settings).Build());
            services.AddRedisConnection();
            await using var provider = services.BuildServiceProvider();
            if (provider.GetRequiredService<IConnectionMultiplexer>().IsConnected)
                return true;
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }

        return false;
    }

    private string File(string name) => Path.Combine(_folder, name);

    /// <returns>The authority's certificate; the server's pair lies beside the one that signs it.</returns>
    private string WriteAuthority(string name, bool signs)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        using var authority = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(2));
        System.IO.File.WriteAllText(File($"{name}.pem"), authority.ExportCertificatePem());
        if (signs)
            WritePair(authority);
        return File($"{name}.pem");
    }

    private void WritePair(X509Certificate2 authority)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=redis", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.Create(authority, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(1), RandomNumberGenerator.GetBytes(8));
        System.IO.File.WriteAllText(File("server.crt"), certificate.ExportCertificatePem());
        System.IO.File.WriteAllText(File("server.key"), key.ExportPkcs8PrivateKeyPem());
    }
}
