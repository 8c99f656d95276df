using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
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

    private static async Task SendAsync(MailOptions options)
    {
        var wrapped = Options.Create(options);
        var queue = new MailQueue(wrapped, TimeProvider.System, NullLogger<MailQueue>.Instance);
        using var sender = new MailSender(queue, wrapped, TimeProvider.System, NullLogger<MailSender>.Instance);
        await sender.StartAsync(Ct);
        await queue.SendAsync("ada@example.org", "Set a new password", $"Follow this link:\n{Link}\n\nGood bye.\n", Ct);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await sender.StopAsync(patience.Token); // a stop waits for what was promised
    }

    // As much of RFC 5321 as a client needs that offers nothing.
    private static async Task<List<string>> ReceiveAsync(TcpListener listener)
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
            await writer.WriteLineAsync(line switch { "DATA" => "354 go on", "QUIT" => "221 bye", _ => "250 ok" });
        }

        return lines;
    }
}
