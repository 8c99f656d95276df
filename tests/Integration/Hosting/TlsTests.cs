using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MusicGen.Programs;
using MusicGen.WebApi.Configuration;
using MusicGen.WebApi.Hosting;

namespace MusicGen.Integration.Hosting;

/// <summary>The program's own TLS: the handshake itself, a renewal, and files that are none.</summary>
public sealed class TlsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("musicgen-tls-").FullName;
    private readonly int _port = Ports.Free();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_certificate_is_the_files_and_a_new_one_is_in_force_without_a_restart()
    {
        var first = WritePair();
        await using var host = await StartAsync();
        using var client = new HttpClient(new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = IsOurs } });
        using var answer = await client.GetAsync(new Uri($"https://127.0.0.1:{_port}/health/live"), Ct);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(first, (await ShakeHandsAsync(SslProtocols.Tls13)).Thumbprint);

        var second = WritePair();
        await UntilAsync(second);

        await File.WriteAllTextAsync(CertificateFile, "no certificate", Ct); // whoever renews is not done yet
        await Task.Delay(TimeSpan.FromSeconds(6), Ct);
        Assert.Equal(second, (await ShakeHandsAsync(SslProtocols.Tls13)).Thumbprint);
    }

    [Fact]
    public async Task Protocols_before_TLS_1_2_are_not_spoken()
    {
        WritePair();
        await using var host = await StartAsync();

        Assert.Equal(SslProtocols.Tls12, (await ShakeHandsAsync(SslProtocols.Tls12)).Protocol);
#pragma warning disable CA5397, SYSLIB0039 // the old ones are what is tried
        await Assert.ThrowsAnyAsync<Exception>(() => ShakeHandsAsync(SslProtocols.Tls11));
#pragma warning restore CA5397, SYSLIB0039
    }

    [Fact]
    public async Task Suites_without_authenticated_encryption_are_not_offered()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows chooses suites by its own policy.");
        WritePair();
        await using var host = await StartAsync();

        Assert.Equal(SslProtocols.Tls12, (await ShakeHandsAsync(SslProtocols.Tls12, TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256)).Protocol);
        foreach (var weak in (TlsCipherSuite[])[TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384, TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA])
            await Assert.ThrowsAnyAsync<Exception>(() => ShakeHandsAsync(SslProtocols.Tls12, weak));
    }

    [Fact]
    public async Task Plain_http_at_the_tls_port_is_not_redirected_but_refused()
    {
        WritePair();
        await using var host = await StartAsync();
        using var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });

        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(new Uri($"http://127.0.0.1:{_port}/api/auth/session"), Ct));
    }

    [Theory]
    [InlineData(false, true, "TLS_CERTIFICATE_FILE: is not set")]
    [InlineData(true, false, "TLS_KEY_FILE: is not set")]
    [InlineData(false, false, "TLS_CERTIFICATE_FILE, TLS_KEY_FILE: are not set, although an address is https")]
    public async Task Half_a_pair_or_none_refuses_the_start_by_name(bool certificate, bool key, string reason)
    {
        WritePair();

        var refused = await Assert.ThrowsAsync<StartRefusedException>(() => StartAsync(certificate, key));

        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_of_another_certificate_refuses_the_start()
    {
        WritePair();
        var other = await File.ReadAllTextAsync(KeyFile, Ct);
        WritePair();
        await File.WriteAllTextAsync(KeyFile, other, Ct);

        var refused = await Assert.ThrowsAsync<StartRefusedException>(() => StartAsync());

        Assert.Contains("TLS_CERTIFICATE_FILE, TLS_KEY_FILE: are no pair", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("PRIVATE KEY", refused.Message, StringComparison.Ordinal);
    }

    private string CertificateFile => Path.Combine(_folder, "tls.crt");

    private string KeyFile => Path.Combine(_folder, "tls.key");

    private string WritePair()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=music.example.org", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch.AddYears(50), DateTimeOffset.UnixEpoch.AddYears(80));
        File.WriteAllText(KeyFile, key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(CertificateFile, certificate.ExportCertificatePem());
        return certificate.Thumbprint;
    }

    private Task<ServerHost> StartAsync(bool certificate = true, bool key = true)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["ENVIRONMENT"] = "Development",
            ["MUSICGEN_DATA"] = Path.Combine(_folder, "data"),
            ["LOG_LEVEL"] = "Warning",
            ["SHUTDOWN_GRACE_SECONDS"] = "5",
        };
        if (certificate)
            variables["TLS_CERTIFICATE_FILE"] = CertificateFile;
        if (key)
            variables["TLS_KEY_FILE"] = KeyFile;
        return ServerHost.StartAsync(variables, $"https://127.0.0.1:{_port}", Ct);
    }

    private async Task<(string Thumbprint, SslProtocols Protocol)> ShakeHandsAsync(SslProtocols protocols, TlsCipherSuite? suite = null)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, _port, Ct);
        await using var tls = new SslStream(client.GetStream(), leaveInnerStreamOpen: false, IsOurs);
        var options = new SslClientAuthenticationOptions { TargetHost = "music.example.org", EnabledSslProtocols = protocols };
        if (suite is { } only && !OperatingSystem.IsWindows())
            options.CipherSuitesPolicy = new CipherSuitesPolicy([only]);
        await tls.AuthenticateAsClientAsync(options, Ct);
        return (((X509Certificate2)tls.RemoteCertificate!).Thumbprint, tls.SslProtocol);
    }

    private static bool IsOurs(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) =>
        certificate?.Subject == "CN=music.example.org";

    private async Task UntilAsync(string thumbprint)
    {
        for (var i = 0; i < 30; i++)
        {
            if ((await ShakeHandsAsync(SslProtocols.Tls13)).Thumbprint == thumbprint)
                return;
            await Task.Delay(500, Ct);
        }

        Assert.Fail("The new certificate is not in force after fifteen seconds.");
    }
}
