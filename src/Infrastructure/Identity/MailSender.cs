using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using MailKit.Net.Smtp;
using MailKit.Security;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MimeKit;

namespace MusicGen.Infrastructure.Identity;

/// <summary>
/// Sends what waits in the <see cref="MailQueue"/>, by SMTP or, in Development, as files. A mail that can't be sent now
/// waits aside for longer and longer, so that one address which its server puts off holds up nobody else's.
/// </summary>
internal sealed partial class MailSender(
    MailQueue queue, MailFolder folder, IOptions<MailOptions> options, TimeProvider time, ILogger<MailSender> logger) : BackgroundService
{
    private static readonly TimeSpan[] Pauses =
    [
        TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(15), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(15),
        TimeSpan.FromMinutes(30), TimeSpan.FromMinutes(60),
    ];

    private readonly ConcurrentDictionary<Task, byte> _aside = [];
    private readonly CancellationTokenSource _stopping = new();

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        // What was promised to be mailed is tried once more before the process ends, as long as the host waits.
        await _stopping.CancelAsync();
        await Task.WhenAll(_aside.Keys);
        queue.Close();
        if (ExecuteTask is { } sending)
            await Task.WhenAny(sending, Task.Delay(Timeout.Infinite, cancellationToken));
        await base.StopAsync(cancellationToken);
    }

    public override void Dispose()
    {
        _stopping.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await foreach (var letter in queue.Waiting.ReadAllAsync(stoppingToken))
                await TryAsync(letter, stoppingToken);
        }
        catch (OperationCanceledException)
        {
            // The service stops.
        }
    }

    private async Task TryAsync(Letter letter, CancellationToken ct)
    {
        try
        {
            await (string.IsNullOrEmpty(options.Value.Host) ? folder.WriteAsync(letter.Message, ct) : SubmitAsync(letter.Message, ct));
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            // Whatever it is, as a server that no longer offers what we ask for: no letter may end the node.
            if (IsFinal(e) || letter.Attempts == Pauses.Length || _stopping.IsCancellationRequested)
            {
                Log.MailFailed(logger, Describe(e));
                return;
            }

            Log.MailDelayed(logger, Describe(e));
            var aside = ReturnLaterAsync(letter);
            _aside.TryAdd(aside, 0);
            _ = aside.ContinueWith(t => _aside.TryRemove(t, out _), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    private async Task ReturnLaterAsync(Letter letter)
    {
        try
        {
            await Task.Delay(Pauses[letter.Attempts], time, _stopping.Token);
        }
        catch (OperationCanceledException)
        {
            // The service stops: now or never.
        }

        queue.Take(letter with { Attempts = letter.Attempts + 1 });
    }

    private async Task SubmitAsync(MimeMessage message, CancellationToken ct)
    {
        var mail = options.Value;
        using var client = new SmtpClient { Timeout = 30_000 }; // checks the server's certificate, as it does unless told otherwise
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

    // 5yz (RFC 5321): the same mail will be refused again.
    private static bool IsFinal(Exception e) => e is SmtpCommandException { StatusCode: var status } && (int)status is >= 500 and < 600;

    // A server's own words may hold the address, and an address stands in no log.
    private static string Describe(Exception e) => e switch
    {
        SmtpCommandException command => string.Create(CultureInfo.InvariantCulture, $"{command.ErrorCode}, {(int)command.StatusCode}"),
        SocketException socket => socket.SocketErrorCode.ToString(),
        _ => e.GetType().Name,
    };

    private static partial class Log
    {
        [LoggerMessage(1021, LogLevel.Warning, "A mail could not be sent and is tried again: {Reason}")]
        public static partial void MailDelayed(ILogger logger, string reason);

        [LoggerMessage(1022, LogLevel.Error, "A mail could not be sent; it is given up: {Reason}")]
        public static partial void MailFailed(ILogger logger, string reason);
    }
}
