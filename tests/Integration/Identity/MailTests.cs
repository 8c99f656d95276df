using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MailKit.Security;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using MimeKit;
using MusicGen.Domain.Identity;
using MusicGen.Infrastructure.Identity;

namespace MusicGen.Integration.Identity;

public sealed class MailTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private const string Link = "https://music.example.org/reset-password#abcdefghijklmnopqrstuvwxyz0123456789-_ABCDEFG";

    [Fact]
    public async Task In_development_mail_is_a_file_with_the_link_in_one_piece_for_its_owner_alone()
    {
        var folder = Path.Combine(Directory.CreateTempSubdirectory("musicgen-mail-").FullName, "mail");

        await SendAsync(new MailOptions { Folder = folder });

        var file = Assert.Single(Directory.GetFiles(folder));
        Assert.EndsWith(".eml", file, StringComparison.Ordinal);
        Assert.Contains(Link + "\r\n", (await File.ReadAllTextAsync(file, Ct)).ReplaceLineEndings("\r\n"), StringComparison.Ordinal);
        if (!OperatingSystem.IsWindows())
            Assert.Equal((UnixFileMode.UserRead | UnixFileMode.UserWrite, UnixFileMode.None), (File.GetUnixFileMode(file), File.GetUnixFileMode(folder) & ~(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute)));
        Directory.Delete(Path.GetDirectoryName(folder)!, recursive: true);
    }

    [Fact]
    public async Task By_smtp_the_server_gets_it()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var received = ReceiveAsync(listener);

        await SendAsync(new MailOptions { Host = "127.0.0.1", Port = ((IPEndPoint)listener.LocalEndpoint).Port, Security = MailSecurity.None });

        var conversation = await received;
        Assert.Contains("RCPT TO:<ada@example.org>", conversation);
        Assert.Contains(Link, conversation);
    }

    [Fact]
    public void A_server_without_host_or_folder_sends_none() =>
        Assert.False(new MailQueue(Options.Create(new MailOptions()), TimeProvider.System, NullLogger<MailQueue>.Instance).IsAvailable);

    [Fact]
    public async Task No_line_break_in_what_people_chose_begins_a_header_of_its_own()
    {
        var folder = Path.Combine(Directory.CreateTempSubdirectory("musicgen-mail-").FullName, "mail");
        const string Injected = "Hello\r\nBcc: eve@example.org";

        await SendAsync(new MailOptions { Folder = folder }, subject: Injected);
        await SendAsync(new MailOptions { Folder = folder }, to: "ada@example.org\r\nBcc: eve@example.org");
        Assert.False(Email.IsWellFormed("ada@example.org\r\nBcc: eve@example.org")); // so it never comes that far

        var headers = (await File.ReadAllTextAsync(Assert.Single(Directory.GetFiles(folder)), Ct)).ReplaceLineEndings("\n").Split("\n\n")[0].Split('\n');
        Assert.DoesNotContain(headers, h => h.StartsWith("Bcc", StringComparison.OrdinalIgnoreCase));
        Assert.Single(headers, h => h.StartsWith("Subject: Hello", StringComparison.Ordinal));
        Directory.Delete(Path.GetDirectoryName(folder)!, recursive: true);
    }

    // As earlier versions took them.
    [Theory]
    [InlineData("user@example..com")]
    [InlineData(".user@example.org")]
    [InlineData("a:b@example.org")]
    public async Task An_address_that_no_mail_can_be_sent_to_fails_nobodys_request_and_stands_in_no_log(string address)
    {
        var folder = Path.Combine(Directory.CreateTempSubdirectory("musicgen-mail-").FullName, "mail");
        var log = new Lines();

        await SendAsync(new MailOptions { Folder = folder }, queueLog: log, to: address);

        Assert.Equal("A mail was dropped: its address is none that mail can be sent to", Assert.Single(log.Written));
        Assert.False(Directory.Exists(folder));
        Directory.Delete(Path.GetDirectoryName(folder)!, recursive: true);
    }

    [Fact]
    public async Task A_mail_that_is_put_off_is_tried_again_and_holds_up_no_other()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var (first, second, third) = (ReceiveAsync(listener, "451 later <ada@example.org>"), ReceiveAsync(listener), ReceiveAsync(listener));
        var log = new Lines();
        var options = Options.Create(new MailOptions { Host = "127.0.0.1", Port = ((IPEndPoint)listener.LocalEndpoint).Port, Security = MailSecurity.None });
        var queue = new MailQueue(options, TimeProvider.System, NullLogger<MailQueue>.Instance);
        using var sender = new MailSender(queue, new MailFolder(options, TimeProvider.System), options, TimeProvider.System, log);
        await queue.SendAsync("ada@example.org", "First", "text", Ct);
        await queue.SendAsync("eve@example.org", "Second", "text", Ct);
        await sender.StartAsync(Ct);

        await first;
        Assert.Contains("RCPT TO:<eve@example.org>", await second); // while the first waits its two seconds
        Assert.Contains("RCPT TO:<ada@example.org>", await third);
        await sender.StopAsync(Ct);

        Assert.Equal("A mail could not be sent and is tried again: RecipientNotAccepted, 451", Assert.Single(log.Written));
    }

    [Fact]
    public async Task A_mail_that_is_refused_for_good_is_given_up_at_once_and_its_address_stands_in_no_log()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var refusing = ReceiveAsync(listener, "550 no such user <ada@example.org>");
        var log = new Lines();

        await SendAsync(new MailOptions { Host = "127.0.0.1", Port = ((IPEndPoint)listener.LocalEndpoint).Port, Security = MailSecurity.None }, log);

        await refusing;
        Assert.Equal("A mail could not be sent; it is given up: RecipientNotAccepted, 550", Assert.Single(log.Written));
        Assert.False(listener.Pending());
    }

    [Fact]
    public async Task A_mail_server_with_a_certificate_that_nobody_vouches_for_gets_no_mail()
    {
        using var key = RSA.Create(2048);
        using var certificate = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var offered = OfferTlsAsync(listener, certificate);
        var log = new Lines();

        await SendAsync(new MailOptions { Host = "127.0.0.1", Port = ((IPEndPoint)listener.LocalEndpoint).Port, Security = MailSecurity.Tls, Username = "musicgen", Password = "secret" }, log);

        Assert.Equal(string.Empty, await offered); // neither the mail nor the password
        Assert.All(log.Written, l => Assert.EndsWith(nameof(SslHandshakeException), l, StringComparison.Ordinal));
        Assert.NotEmpty(log.Written);
    }

    [Fact]
    public async Task A_mail_server_that_no_longer_takes_a_password_gets_no_mail_and_does_not_end_the_node()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var offering = ReceiveAsync(listener);
        var log = new Lines();

        await SendAsync(new MailOptions { Host = "127.0.0.1", Port = ((IPEndPoint)listener.LocalEndpoint).Port, Security = MailSecurity.None, Username = "musicgen", Password = "secret" }, log);

        Assert.DoesNotContain(await offering, l => l.StartsWith("RCPT", StringComparison.Ordinal));
        Assert.Equal("A mail could not be sent; it is given up: NotSupportedException", log.Written[^1]);
    }

    private static async Task SendAsync(MailOptions options, ILogger<MailSender>? log = null, ILogger<MailQueue>? queueLog = null, string subject = "Set a new password", string to = "ada@example.org")
    {
        var wrapped = Options.Create(options);
        var queue = new MailQueue(wrapped, TimeProvider.System, queueLog ?? NullLogger<MailQueue>.Instance);
        using var sender = new MailSender(queue, new MailFolder(wrapped, TimeProvider.System), wrapped, TimeProvider.System, log ?? NullLogger<MailSender>.Instance);
        await sender.StartAsync(Ct);
        await queue.SendAsync(to, subject, $"Follow this link:\n{Link}\n\nGood bye.\n", Ct);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await sender.StopAsync(patience.Token); // a stop waits for what was promised
    }

    // Reads what comes after a handshake that a careful client breaks off.
    private static async Task<string> OfferTlsAsync(TcpListener listener, X509Certificate2 certificate)
    {
        using var client = await listener.AcceptTcpClientAsync(Ct);
        await using var tls = new SslStream(client.GetStream());
        try
        {
            await tls.AuthenticateAsServerAsync(certificate);
            await tls.WriteAsync("220 test\r\n"u8.ToArray(), Ct);
            using var reader = new StreamReader(tls);
            return await reader.ReadToEndAsync(Ct);
        }
        catch (Exception e) when (e is IOException or System.Security.Authentication.AuthenticationException)
        {
            return string.Empty;
        }
    }

    // As much of RFC 5321 as a client needs that offers nothing.
    private static async Task<List<string>> ReceiveAsync(TcpListener listener, string recipient = "250 ok")
    {
        using var client = await listener.AcceptTcpClientAsync();
        using var reader = new StreamReader(client.GetStream());
        await using var writer = new StreamWriter(client.GetStream()) { AutoFlush = true, NewLine = "\r\n" };
        await writer.WriteLineAsync("220 test");
        var lines = new List<string>();
        var inData = false;
        while (await reader.ReadLineAsync() is { } line)
        {
            lines.Add(line);
            if (inData && line != ".")
                continue;
            inData = line == "DATA";
            await writer.WriteLineAsync(line switch
            {
                "DATA" => "354 go on",
                "QUIT" => "221 bye",
                _ when line.StartsWith("RCPT", StringComparison.Ordinal) => recipient,
                _ => "250 ok",
            });
        }

        return lines;
    }

    private sealed class Lines : ILogger<MailSender>, ILogger<MailQueue>
    {
        public List<string> Written { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            Assert.Null(exception); // its text may hold the address
            Written.Add(formatter(state, exception));
        }
    }
}
