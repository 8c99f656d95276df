using System.Globalization;
using System.Net.Sockets;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MimeKit;

namespace MusicGen.Infrastructure.Identity;

/// <summary>Sends what waits in the <see cref="MailQueue"/>, by SMTP or, in Development, as files.</summary>
internal sealed partial class MailSender(MailQueue queue, IOptions<MailOptions> options, TimeProvider time, ILogger<MailSender> logger) : BackgroundService
{
    private const UnixFileMode OwnersFolder = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode OwnersFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private static readonly TimeSpan[] Pauses = [TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(60)];

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        queue.Close();
        // What was promised to be mailed goes out before the process does, as long as the host waits.
        if (ExecuteTask is { } sending)
            await Task.WhenAny(sending, Task.Delay(Timeout.Infinite, cancellationToken));
        await base.StopAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await foreach (var message in queue.Waiting.ReadAllAsync(stoppingToken))
                await SendAsync(message, stoppingToken);
        }
        catch (OperationCanceledException)
        {
            // The service stops.
        }
    }

    private async Task SendAsync(MimeMessage message, CancellationToken ct)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await (string.IsNullOrEmpty(options.Value.Host) ? WriteAsync(message, ct) : SubmitAsync(message, ct));
                return;
            }
            catch (Exception e) when (e is IOException or SocketException or ProtocolException or CommandException or AuthenticationException or SslHandshakeException or UnauthorizedAccessException)
            {
                if (attempt == Pauses.Length)
                {
                    Log.MailFailed(logger, e);
                    return;
                }

                Log.MailDelayed(logger, e);
                await Task.Delay(Pauses[attempt], time, ct);
            }
        }
    }

    private async Task SubmitAsync(MimeMessage message, CancellationToken ct)
    {
        var mail = options.Value;
        using var client = new SmtpClient { Timeout = 30_000 };
        await client.ConnectAsync(mail.Host!, mail.Port, mail.Security switch
        {
            MailSecurity.Tls => SecureSocketOptions.SslOnConnect,
            MailSecurity.StartTls => SecureSocketOptions.StartTls,
            MailSecurity.None => SecureSocketOptions.None,
            _ => SecureSocketOptions.Auto,
        }, ct);
        if (!string.IsNullOrEmpty(mail.Username))
            await client.AuthenticateAsync(mail.Username, mail.Password ?? string.Empty, ct);
        await client.SendAsync(message, ct);
        await client.DisconnectAsync(quit: true, ct);
    }

    // Whoever watches the folder sees whole files only.
    private async Task WriteAsync(MimeMessage message, CancellationToken ct)
    {
        var folder = options.Value.Folder!;
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(folder);
        else
            Directory.CreateDirectory(folder, OwnersFolder);

        var name = string.Create(CultureInfo.InvariantCulture, $"{time.GetUtcNow():yyyyMMdd'T'HHmmssfff}-{Guid.CreateVersion7():N}");
        var half = Path.Combine(folder, name + ".part");
        var settings = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            settings.UnixCreateMode = OwnersFile;
        await using (var file = new FileStream(half, settings))
            await message.WriteToAsync(file, ct);
        File.Move(half, Path.Combine(folder, name + ".eml"));
    }

    private static partial class Log
    {
        [LoggerMessage(1021, LogLevel.Warning, "A mail could not be sent and is tried again")]
        public static partial void MailDelayed(ILogger logger, Exception exception);

        [LoggerMessage(1022, LogLevel.Error, "A mail could not be sent; it is given up")]
        public static partial void MailFailed(ILogger logger, Exception exception);
    }
}
